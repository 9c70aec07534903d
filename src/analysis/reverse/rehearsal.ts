import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defined } from '../../contract/defined.js'
import type { RollbackSummary } from '../../contract/plan.js'
import type { TableCost } from '../../contract/rollback.js'
import { costOf } from '../../contract/rollback-cost.js'
import { costLines } from '../../text/rollback-cost.js'
import { catalogOf, CATALOG_SQL, schemaFingerprint } from '../../d1/schema/catalog.js'
import { readDetailedCatalog } from '../../d1/schema/schema.js'
import { attachAfterwards, openConfined } from '../../d1/sqlite/confined.js'
import { openSqlite, quoteText } from '../../d1/sqlite/sqlite.js'
import { compareTable } from '../compare/compare.js'
import type { DataComparison, Evidence } from '../evidence.js'
import { replayFile, type Watched } from '../replay/replay.js'
import { conditionsOf } from './conditions.js'
import { lossesNow } from './losses-now.js'
import { whatGoes } from './goes.js'
import { numbersGone } from './pairs-back.js'
import { fatesByName, reverseOf, type Reverse } from './reverse.js'
import { searchAnswers } from './search-answers.js'

export interface WayBackInput {
  /** The database before. */
  prior: string
  /** The database after the forward migrations. */
  main: string
  folder: string
  migrationsTable: string
  /** The database as it is now, with the forward files in it and what was written since. */
  present?: string
  evidence: Evidence
  /** For statements of others, which may never end. */
  watched?: Watched
  signal?: AbortSignal
}

/**
 * Writes the reverse migration and runs it on a copy of the migrated database. Available only when the schema comes back exactly;
 * whatever differs in the rows is in the price.
 */
export async function rehearseWayBack(input: WayBackInput): Promise<RollbackSummary> {
  const gentle = write(input, false)
  const first = await tryOut(input, gentle)
  if (first.available) return first
  const thorough = write(input, true)
  return thorough.sql === gentle.sql ? first : tryOut(input, thorough)
}

/** The same for a reverse that somebody wrote: every table is compared, for nobody says which it changes. */
export function rehearseReverseFile(
  input: WayBackInput,
  { name, sql }: { name: string; sql: string },
): Promise<RollbackSummary> {
  const { before, after } = input.evidence
  const tables = [...before.tables.values()].map(({ name }) => name)
  return tryOut(input, { sql, tables, price: whatGoes(before, after) }, name)
}

function write(input: WayBackInput, rebuildOnly: boolean): Reverse {
  const { before, after, fates } = input.evidence
  const database = openSqlite(input.main)
  try {
    database.exec(`ATTACH DATABASE ${quoteText(input.prior)} AS prior`)
    return reverseOf({ database, before, after, fates, rebuildOnly })
  } finally {
    database.close()
  }
}

async function tryOut(
  input: WayBackInput,
  reverse: Reverse,
  name = 'rollback.sql',
): Promise<RollbackSummary> {
  const searched = [...input.evidence.before.tables.values()].some(({ search }) => search !== undefined)
  // Without a statement and without a word of what stays otherwise, nothing is to be undone.
  if (reverse.sql === '' && !searched && reverse.price.length === 0)
    return { available: true, sql: '', rehearsed: true, price: [], cost: costOf([]) }
  const copy = join(input.folder, 'back.sqlite')
  await copyFile(input.main, copy)
  input.signal?.throwIfAborted()
  const back = runBack(input, copy, reverse, name)
  if (typeof back === 'string') return { available: false, rehearsed: true, price: [back] }
  const cost = costOf(back.tables)
  const price = [...costLines(cost), ...back.search, ...reverse.price]
  const { present } = input
  const now =
    present === undefined
      ? undefined
      : await lossesNow({ ...input, present, back: copy, reverse: { name, sql: reverse.sql } })
  const conditions = conditionsOf(input.evidence)
  return {
    ...{ available: true, sql: reverse.sql, rehearsed: true, price, cost },
    ...(conditions.length === 0 ? {} : { conditions }),
    ...defined({ now }),
  }
}

/** What still differs from before, or as one text why it does not work. */
function runBack(
  input: WayBackInput,
  copy: string,
  reverse: Reverse,
  name: string,
): { tables: TableCost[]; search: string[] } | string {
  const { migrationsTable } = input
  const database = openConfined(copy)
  try {
    database.exec('PRAGMA synchronous = OFF')
    const origin = input.evidence.after
    const replay = replayFile(
      database,
      { name, sql: reverse.sql },
      { migrationsTable, countRows: false, origin, ...input.watched },
    )
    const [failure] = replay.failures
    if (failure !== undefined) return failureText(failure.message, input.evidence)
    const wanted = fingerprintOf(input.prior, migrationsTable)
    const got = schemaFingerprint(catalogOf(database.prepare(CATALOG_SQL).all(), migrationsTable))
    if (wanted !== got) return 'The reverse migration does not lead back to the exact schema.'
    attachAfterwards(database, input.prior, 'prior')
    const restored = readDetailedCatalog(database, { migrationsTable })
    const touched = new Set(
      [
        ...reverse.tables,
        ...input.evidence.fates.filter(({ written }) => written).map(({ before }) => before.name),
      ].map((name) => name.toLowerCase()),
    )
    const { before } = input.evidence
    const fates = fatesByName(before, restored).filter((fate) => touched.has(fate.before.name.toLowerCase()))
    const { empty = [] } = reverse
    const search = searchAnswers({ database, before, after: restored, fates, empty })
    if (typeof search === 'string') return search
    const tables = fates
      .filter((fate) => fate.before.kind === 'table')
      .map((fate) =>
        differences(
          fate.before.name,
          compareTable({ database, before, after: restored, statements: [] }, fate),
        ),
      )
    return { tables, search }
  } finally {
    database.close()
  }
}

/** SQLite says of a text for the number of a row no more than that the type is wrong. */
function failureText(message: string, { fates }: Evidence): string {
  const [gone] = message === 'datatype mismatch' ? numbersGone(fates) : []
  return gone === undefined
    ? `The reverse migration fails: ${message}.`
    : `The reverse migration fails: ${gone.table}.${gone.column} was INTEGER PRIMARY KEY and holds texts now, and no column holds the numbers that they were.`
}

function fingerprintOf(file: string, migrationsTable: string): string {
  const database = openSqlite(file, { readOnly: true })
  try {
    return schemaFingerprint(catalogOf(database.prepare(CATALOG_SQL).all(), migrationsTable))
  } finally {
    database.close()
  }
}

function differences(table: string, data: DataComparison): TableCost {
  const rowsLost = data.lost + (data.equal ?? 0) + (data.summed?.rows ?? 0)
  const columns = data.columns
    .map(({ column, nulled, changed, blanked }) => ({
      column,
      // '' that stays NULL is no change only where nothing else said NULL: it is not what was there.
      values: nulled + changed + (blanked?.nulls === 0 ? blanked.values : 0),
    }))
    .filter(({ values }) => values > 0)
  return {
    table,
    rowsLost,
    rowsLeft: Math.max(0, data.rowsAfter - (data.rowsBefore - rowsLost)),
    valuesLost: columns.reduce((sum, { values }) => sum + values, 0),
    columns,
  }
}
