import { ledgerSql } from '../../d1/schema/ledger.js'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../../contract/finding.js'
import { readDetailedCatalog, sameName, type TableSchema } from '../../d1/schema/schema.js'
import { attachAfterwards, openConfined } from '../../d1/sqlite/confined.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { significantTokens } from '../../d1/sql/tokens.js'
import { mentions } from '../statement/statement.js'
import { compareTable } from '../compare/compare.js'
import type { Evidence, TableFate } from '../evidence.js'
import { rebuildScript } from './rebuild-sql.js'
import { replayFile } from '../replay/replay.js'
import { fatesByName } from './reverse.js'
import { dl101 } from '../rules/dl101.js'

interface Places {
  prior: string
  folder: string
  migrationsTable: string
}

/**
 * Puts a rewrite that loses nothing into the advice of DL101: the same rebuild for this very schema, with the children held and
 * put back. It is run on a copy first and shown only when every row of every table concerned is there afterwards.
 */
export async function withSafeRebuild(
  findings: Finding[],
  evidence: Evidence,
  places: Places,
): Promise<Finding[]> {
  if (!findings.some(({ code }) => code === dl101.code)) return findings
  const rebuilt = evidence.fates.filter(({ how, before }) => how === 'rebuilt' && before.kind === 'table')
  const advice = new Map<string, string>()
  for (const fate of rebuilt) {
    const script = safeRebuild(evidence, fate)
    if (script === undefined) continue
    if (await losesNothing(evidence, places, script))
      for (const name of script.tables) advice.set(name, script.sql)
  }
  return findings.map((finding) => {
    const sql = finding.code === dl101.code ? advice.get(finding.table?.toLowerCase() ?? '') : undefined
    return sql === undefined
      ? finding
      : {
          ...finding,
          advice: `Rebuild it like this instead (rehearsed on this database, no row is lost):\n${sql}`,
        }
  })
}

interface SafeRebuild {
  sql: string
  /** Tables whose rows are held on the way, in lower case. */
  tables: string[]
}

/** The rebuild of one table from its schema before to the one after; undefined where a new column would have no value. */
export function safeRebuild(
  evidence: Pick<Evidence, 'before' | 'after'>,
  fate: TableFate,
): SafeRebuild | undefined {
  const { before, after } = fate
  if (after === undefined) return undefined
  const shared = after.columns.filter(
    ({ name, generated }) => !generated && before.columns.some((column) => sameName(column.name, name)),
  )
  const stranded = after.columns.some(
    (column) =>
      column.notNull &&
      column.default === null &&
      !column.generated &&
      column.keyPosition === 0 &&
      !shared.includes(column),
  )
  if (stranded || shared.length === 0) return undefined
  const fill = new Map(shared.map(({ name }) => [name, `h.${quoteName(name)}`]))
  const script = rebuildScript(evidence.before, [{ from: before, to: after, fill }])
  const held = new Set(script.held.map(({ name }) => name.toLowerCase()))
  const triggers = [...evidence.before.triggers.values()].filter(({ table }) => held.has(table.toLowerCase()))
  const views = [...evidence.before.views.values()].filter(({ sql }) =>
    mentions(significantTokens(sql), before.name),
  )
  const statements = [
    'PRAGMA defer_foreign_keys = ON',
    ...triggers.map(({ name }) => `DROP TRIGGER ${quoteName(name)}`),
    ...views.map(({ name }) => `DROP VIEW ${quoteName(name)}`),
    ...script.before,
    ...script.refill,
    ...script.after,
    ...indexesOf(before, after),
    ...views.map(({ sql }) => sql),
    ...triggers.map(({ sql }) => sql),
  ]
  return { sql: statements.map((statement) => `${statement};`).join('\n'), tables: [...held] }
}

/** The indexes of before that still fit, and those that the migration adds. */
function indexesOf(before: TableSchema, after: TableSchema): string[] {
  const has = (column: string | null): boolean =>
    column === null || after.columns.some(({ name }) => sameName(name, column))
  const indexes = new Map(
    [...before.indexes, ...after.indexes]
      .filter(({ origin, columns }) => origin === 'statement' && columns.every(has))
      .map((index) => [index.name.toLowerCase(), index.sql]),
  )
  return [...indexes.values()]
}

async function losesNothing(evidence: Evidence, places: Places, script: SafeRebuild): Promise<boolean> {
  const copy = join(places.folder, 'safe.sqlite')
  await copyFile(places.prior, copy)
  const { migrationsTable } = places
  const database = openConfined(copy)
  try {
    database.exec('PRAGMA synchronous = OFF')
    database.exec(ledgerSql(migrationsTable))
    const replay = replayFile(
      database,
      { name: 'safe-rebuild.sql', sql: script.sql },
      { migrationsTable, countRows: false, origin: evidence.before },
    )
    if (replay.failures.length > 0) return false
    attachAfterwards(database, places.prior, 'prior')
    const after = readDetailedCatalog(database, { migrationsTable })
    return fatesByName(evidence.before, after)
      .filter(({ before }) => script.tables.includes(before.name.toLowerCase()))
      .every((fate) => {
        const { lost, columns } = compareTable(
          { database, before: evidence.before, after, statements: [] },
          fate,
        )
        return lost === 0 && columns.every((change) => change.after === undefined)
      })
  } finally {
    database.close()
  }
}
