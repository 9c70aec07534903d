import { attachAfterwards, openConfined } from '../../d1/sqlite/confined.js'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../contract/failures.js'
import type { Finding, Fix } from '../../contract/finding.js'
import { withFix } from '../../text/fix.js'
import { ledgerSql } from '../../d1/schema/ledger.js'
import { diffCatalog } from '../../d1/schema/schema-diff.js'
import { readDetailedCatalog, tableNamed, type DetailedCatalog } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { compareTable } from '../compare/compare.js'
import type { Evidence } from '../evidence.js'
import { replayFile, type Watched } from '../replay/replay.js'
import { dl101 } from '../rules/dl101.js'
import { rh101 } from '../rules/rh101.js'
import { rebuildsIn, type RebuildPlace } from './rebuild-place.js'
import { rebuildScript } from './rebuild-sql.js'
import { fatesByName } from './reverse.js'

interface Places {
  prior: string
  folder: string
  migrationsTable: string
  watched?: Watched
}

interface SqlFile {
  name: string
  sql: string
}

/**
 * Gives a finding about a rebuild the rewrite that loses nothing: the same rebuild for this very schema at this very place,
 * with the children held and put back, and no moment without the table that views read. The whole migration is run on a copy
 * with the rewrite in it, and it is shown only when every row of every table concerned is there afterwards.
 */
export async function withSafeRebuild(
  findings: Finding[],
  evidence: Evidence,
  pending: readonly SqlFile[],
  places: Places,
): Promise<Finding[]> {
  let told = findings
  for (const place of pending.flatMap(rebuildsIn)) {
    const concerned = told.filter((finding) => concerns(finding, place))
    if (concerned.length === 0) continue
    const rewrite = rewriteOf(evidence.before, pending, place, places)
    if (rewrite === undefined || !(await losesNothing(evidence, pending, rewrite, places))) continue
    const [first] = concerned
    told = told.map((finding) => {
      if (!concerned.includes(finding)) return finding
      const { fromLine, toLine } = rewrite.fix.replaces
      return finding === first
        ? { ...finding, advice: PROVEN, fix: rewrite.fix }
        : { ...finding, advice: `The rewrite of lines ${fromLine} to ${toLine} keeps these rows too.` }
    })
  }
  return told
}

const PROVEN = 'Rebuild it like this instead: rehearsed on this database, no row is lost.'

function concerns({ code, migration, line = 0 }: Finding, place: RebuildPlace): boolean {
  if (migration !== place.file) return false
  return code === dl101.code
    ? line === place.dropLine
    : code === rh101.code && line >= place.fromLine && line <= place.toLine
}

interface Rewrite {
  fix: Fix
  /** The schema that all pending files lead to, of views and triggers only those that they create. */
  end: DetailedCatalog
  /** Tables whose rows are held on the way, in lower case. */
  tables: string[]
  /** The one that is rebuilt. */
  table: string
}

/** Undefined where the schema at that place cannot be had, or the table is not there before and after. */
function rewriteOf(
  start: DetailedCatalog,
  pending: readonly SqlFile[],
  place: RebuildPlace,
  places: Places,
): Rewrite | undefined {
  const { before, after, end } = schemasAround(start, pending, place, places)
  const [from, to] = [tableNamed(before, place.table), tableNamed(after, place.table)]
  if (from?.kind !== 'table' || to === undefined) return undefined
  const shared = to.columns.filter(
    ({ name, generated }) =>
      !generated && from.columns.some((column) => column.name.toLowerCase() === name.toLowerCase()),
  )
  const fill = new Map(shared.map(({ name }) => [name, `h.${quoteName(name)}`]))
  const script = rebuildScript(before, [{ from, to, fill, statements: place.fill }])
  const held = new Set(script.held.map(({ name }) => name.toLowerCase()))
  const children = [...before.triggers.values()].filter(
    ({ table }) => held.has(table.toLowerCase()) && table.toLowerCase() !== from.name.toLowerCase(),
  )
  const own = [...after.triggers.values()].filter(
    ({ table }) => table.toLowerCase() === to.name.toLowerCase(),
  )
  const statements = [
    ...place.keptBefore,
    ...(script.held.length > 1 ? ['PRAGMA defer_foreign_keys = ON'] : []),
    ...children.map(({ name }) => `DROP TRIGGER ${quoteName(name)}`),
    ...script.before,
    ...script.refill,
    ...script.after,
    ...to.indexes.filter(({ origin }) => origin === 'statement').map(({ sql }) => sql),
    ...[...own, ...children].map(({ sql }) => sql),
    ...place.keptBehind,
  ]
  const { file, fromLine, toLine } = place
  const sql = statements.map((statement) => `${statement};`).join('\n')
  return { fix: { sql, replaces: { file, fromLine, toLine } }, end, tables: [...held], table: from.name }
}

/**
 * The schema before and behind a rebuild, and at the end of all, from a database without rows: there no key and no view
 * stands in the way of a DROP or RENAME.
 */
function schemasAround(
  start: DetailedCatalog,
  pending: readonly SqlFile[],
  place: RebuildPlace,
  places: Places,
): { before: DetailedCatalog; after: DetailedCatalog; end: DetailedCatalog } {
  const at = pending.findIndex(({ name }) => name === place.file)
  const earlier = [...pending.slice(0, at), { name: place.file, sql: place.head }]
  const { migrationsTable } = places
  const database = openEmpty(start, migrationsTable)
  try {
    for (const file of earlier) runTolerant(database, file, places)
    const before = readDetailedCatalog(database, { migrationsTable })
    dropReaders(database, before)
    runTolerant(database, { name: `${place.file}, rebuild`, sql: place.body }, places)
    const after = readDetailedCatalog(database, { migrationsTable })
    return { before, after, end: endOf(start, pending, places) }
  } finally {
    database.close()
  }
}

function endOf(start: DetailedCatalog, pending: readonly SqlFile[], places: Places): DetailedCatalog {
  const { migrationsTable } = places
  const database = openEmpty(start, migrationsTable)
  try {
    dropReaders(database, start)
    for (const file of pending) runTolerant(database, file, places)
    return readDetailedCatalog(database, { migrationsTable })
  } finally {
    database.close()
  }
}

/** A RENAME checks what views and triggers read, and fails where a table of theirs is not there at that moment. */
function dropReaders(database: DatabaseSync, { triggers, views }: DetailedCatalog): void {
  for (const { name } of triggers.values()) database.exec(`DROP TRIGGER ${quoteName(name)}`)
  for (const { name } of views.values()) database.exec(`DROP VIEW ${quoteName(name)}`)
}

function openEmpty({ tables, views, triggers }: DetailedCatalog, migrationsTable: string): DatabaseSync {
  const database = openConfined(':memory:')
  database.exec(ledgerSql(migrationsTable))
  const virtualFirst = [...tables.values()].sort((a, b) => rank(a.kind) - rank(b.kind))
  const indexes = virtualFirst.flatMap((table) => table.indexes)
  const objects = [
    ...virtualFirst,
    ...indexes.filter(({ origin }) => origin === 'statement'),
    ...views.values(),
    ...triggers.values(),
  ]
  for (const { sql } of objects) {
    try {
      database.exec(sql)
    } catch (error) {
      // A shadow table came with its virtual table.
      if (!/already exists/.test(messageOf(error))) throw error
    }
  }
  return database
}

function rank(kind: string): number {
  return kind === 'virtual' ? 0 : 1
}

function runTolerant(database: DatabaseSync, file: SqlFile, { migrationsTable, watched = {} }: Places): void {
  const origin = readDetailedCatalog(database, { migrationsTable })
  replayFile(database, file, { ...watched, migrationsTable, countRows: false, origin, tolerant: true })
}

/**
 * Runs all pending files on a copy, the rewrite pasted where it says. Values that the migration changes in the rebuilt table itself are
 * changed by its rewrite too.
 */
async function losesNothing(
  { before: start, fates }: Pick<Evidence, 'before' | 'fates'>,
  pending: readonly SqlFile[],
  { fix, end, tables, table }: Rewrite,
  { prior, folder, migrationsTable, watched = {} }: Places,
): Promise<boolean> {
  const copy = join(folder, 'safe.sqlite')
  await copyFile(prior, copy)
  const database = openConfined(copy)
  try {
    database.exec('PRAGMA synchronous = OFF')
    database.exec(ledgerSql(migrationsTable))
    for (const file of pending) {
      const sql = file.name === fix.replaces.file ? withFix(file.sql, fix) : file.sql
      const origin = readDetailedCatalog(database, { migrationsTable })
      const { failures } = replayFile(
        database,
        { name: file.name, sql },
        { ...watched, migrationsTable, countRows: false, origin },
      )
      if (failures.some(({ code }) => code !== 'TX101' && code !== 'TX102')) return false
    }
    const after = readDetailedCatalog(database, { migrationsTable })
    if (diffCatalog(end, after).some(({ change }) => change !== 'added')) return false
    attachAfterwards(database, prior, 'prior')
    return fatesByName(start, after)
      .filter(({ before }) => tables.includes(before.name.toLowerCase()))
      .every((fate) => {
        const { lost, columns } = compareTable({ database, before: start, after, statements: [] }, fate)
        const meant = fates.find(({ before }) => before.name === fate.before.name && before.name === table)
        return (
          lost === 0 &&
          columns.every(
            ({ column, after: is, nulled, changed }) =>
              is === undefined ||
              meant?.data?.columns.some(
                (it) => it.column === column && it.nulled === nulled && it.changed === changed,
              ) === true,
          )
        )
      })
  } finally {
    database.close()
  }
}
