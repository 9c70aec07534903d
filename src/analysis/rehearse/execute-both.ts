import type { DatabaseSync } from 'node:sqlite'
import { defined } from '../../contract/defined.js'
import { messageOf } from '../../contract/failures.js'
import { tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { eachRow, quoteName, type Row } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'
import { nameNow } from '../rules/attribution.js'
import { bindValues, literal } from './bind-values.js'

/** The database before and after, each on a connection of its own without foreign keys, and what they hold. */
export interface BothVersions {
  prior: DatabaseSync
  main: DatabaseSync
  before: DetailedCatalog
  after: DetailedCatalog
  fates: TableFate[]
}

/** Rows of a table that lend their values. */
const SAMPLES = 3
/** Rows of an answer that are compared; longer ones are not. */
const MAX_ANSWER = 5000

export interface Execution {
  /** What SQLite says afterwards of a statement that it took before. */
  refused?: string
  /** Rows that it answered before and does not answer afterwards, of how many. */
  missing?: { rows: number; of: number }
  /** The statement with the values with which both took it. */
  bound?: string
}

/**
 * Executes a statement of the application on both versions with values that the tables hold, and takes it back. A statement that fails
 * before with these values says nothing. Keys do not stand in the way of an INSERT: the row that lends its values is taken out first.
 */
export function executeOnBoth(versions: BothVersions, sql: string, target: string | undefined): Execution {
  const { prior, main, before } = versions
  let taken: string | undefined
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const sampleOf = (table: string): Row | undefined => sampleRow(prior, table, sample)
    const bound = bindValues(sql, before, sampleOf)
    const table = target === undefined ? undefined : tableNamed(before, target)
    const row = table === undefined ? undefined : sampleOf(table.name)
    // There are fewer rows than samples: values that no row has say nothing.
    if (sample > 0 && table !== undefined && row === undefined) return {}
    const inserts = /^\s*(?:insert|replace)\b/i.test(sql) && table !== undefined && row !== undefined
    const was = attempt(prior, bound, inserts ? removal(table, table.name, (name) => name, row) : undefined)
    if (was.error !== undefined) {
      if (bound === sql) break
      continue
    }
    const is = attempt(main, bound, inserts ? removalAfter(versions, table, row) : undefined)
    // Another row may have the key now, here or where a trigger writes; that is what MF101 is about. A full-text table names no kind.
    if (is.error !== undefined)
      return /^(?:UNIQUE )?constraint failed/.test(is.error) ? {} : { refused: is.error }
    const missing = missingRows(was.rows, is.rows)
    if (missing > 0 && sameEachTime(prior, bound, was.rows))
      return { missing: { rows: missing, of: was.rows?.length ?? 0 }, bound }
    taken ??= bound
    if (bound === sql) break
  }
  return defined({ bound: taken })
}

function attempt(
  database: DatabaseSync,
  sql: string,
  first: string | undefined,
): { error?: string; rows?: Row[] } {
  database.exec('BEGIN')
  try {
    if (first !== undefined) quietly(database, first)
    const rows: Row[] = []
    for (const row of eachRow(database.prepare(sql))) {
      rows.push(row)
      if (rows.length > MAX_ANSWER) return {}
    }
    return { rows }
  } catch (error) {
    return { error: messageOf(error) }
  } finally {
    quietly(database, 'ROLLBACK')
  }
}

function quietly(database: DatabaseSync, sql: string): void {
  try {
    database.exec(sql)
  } catch {
    // A trigger that lets no row go: the statement meets the row then, before as afterwards. ON CONFLICT ROLLBACK: all is taken back.
  }
}

function sampleRow(database: DatabaseSync, table: string, offset: number): Row | undefined {
  try {
    return database.prepare(`SELECT * FROM ${quoteName(table)} LIMIT 1 OFFSET ${offset}`).get()
  } catch {
    return undefined
  }
}

/** Takes the row out of the table, by its key. */
function removal(
  table: TableSchema,
  name: string,
  nowOf: (column: string) => string,
  row: Row,
): string | undefined {
  const key = table.primaryKey.length > 0 ? table.primaryKey : table.columns.map((column) => column.name)
  const same = key.map((column) => `${quoteName(nowOf(column))} IS ${literal(row[column] ?? null)}`)
  return `DELETE FROM ${quoteName(name)} WHERE ${same.join(' AND ')}`
}

function removalAfter({ fates, after }: BothVersions, table: TableSchema, row: Row): string | undefined {
  const fate = fates.find((candidate) => candidate.before.name === table.name)
  const now = fate === undefined ? tableNamed(after, table.name) : fate.after
  if (now === undefined) return undefined
  return removal(table, now.name, (column) => (fate === undefined ? column : nameNow(fate, column)), row)
}

/** Rows of before that are in no answer afterwards, by the columns of before. */
function missingRows(was: Row[] | undefined, is: Row[] | undefined): number {
  const [first] = was ?? []
  if (was === undefined || is === undefined || first === undefined) return 0
  const columns = Object.keys(first)
  const textOf = (row: Row): string => columns.map((column) => literal(row[column] ?? null)).join()
  const held = new Map<string, number>()
  for (const row of is) held.set(textOf(row), (held.get(textOf(row)) ?? 0) + 1)
  return was.filter((row) => {
    const left = held.get(textOf(row)) ?? 0
    held.set(textOf(row), left - 1)
    return left <= 0
  }).length
}

/** One that answers otherwise each time, by the clock or by chance, says nothing of the migration. */
function sameEachTime(database: DatabaseSync, sql: string, rows: Row[] | undefined): boolean {
  return missingRows(rows, attempt(database, sql, undefined).rows) === 0
}
