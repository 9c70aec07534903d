import type { DatabaseSync } from 'node:sqlite'
import type { DetailedCatalog, TableSchema } from '../../d1/schema/schema.js'
import { quoteName, type Row, type SqlValue } from '../../d1/sqlite/sqlite.js'
import { storedColumns, type ChainRow } from './chain-rows.js'

/**
 * What the database has of a row: `whole`: all of its values; `own-key`: a key that somebody chose, other values; `same-key`: a row of its
 * number or key, which may be another one; `other-key`: its values under another number; `nothing` of these.
 */
export type Found = 'whole' | 'own-key' | 'same-key' | 'other-key' | 'nothing'

/** Looks in the database for a row that files leave. */
export function findRow(live: DatabaseSync, catalog: DetailedCatalog, { table, row }: ChainRow): Found {
  const there = catalog.tables.get(table.name.toLowerCase())
  if (there === undefined) return 'nothing'
  const holds = (columns: string[]): boolean => has(live, there, columns, row)
  const whole = comparedColumns(table)
  if (tellsMore(table, whole, row) && holds(whole)) return 'whole'
  const keys = keysOf(table).filter((key) => key.every((name) => (row[name] ?? null) !== null))
  // Numbers alone come out of a counter, and meet by chance.
  if (keys.some((key) => key.some((name) => isText(row[name])) && holds(key))) return 'own-key'
  const values = comparedValues(table)
  if (tellsMore(table, values, row) && values.length < whole.length && holds(values)) return 'other-key'
  return keys.some(holds) ? 'same-key' : 'nothing'
}

/** How many rows of the database hold the values of a row, whatever their number. */
export function rowsAlike(live: DatabaseSync, { table, row }: ChainRow): number {
  const condition = comparedValues(table)
    .map((name) => `${quoteName(name)} IS ?`)
    .join(' AND ')
  const found = live
    .prepare(`SELECT count(*) AS n FROM ${quoteName(table.name)} WHERE ${condition}`)
    .get(...comparedValues(table).map((name) => row[name] ?? null))
  return Number(found?.['n'])
}

/** The columns by which a row is known again whatever its number. */
export function comparedValues(table: TableSchema): string[] {
  return comparedColumns(table).filter((name) => !isRowNumber(table, name))
}

function has(live: DatabaseSync, table: TableSchema, columns: string[], row: Row): boolean {
  const names = new Set(table.columns.map(({ name }) => name.toLowerCase()))
  if (columns.some((name) => !names.has(name.toLowerCase()))) return false
  const condition = columns.map((name) => `${quoteName(name)} IS ?`).join(' AND ')
  const statement = live.prepare(`SELECT 1 FROM ${quoteName(table.name)} WHERE ${condition} LIMIT 1`)
  return statement.get(...columns.map((name) => row[name] ?? null)) !== undefined
}

/** A default that is worked out, such as the time of the insert, says when a row was written, and not which one it is. */
function comparedColumns(table: TableSchema): string[] {
  const workedOut = new Set(
    table.columns.filter((column) => /\(|\bCURRENT_/i.test(column.default ?? '')).map(({ name }) => name),
  )
  return storedColumns(table).filter((name) => !workedOut.has(name))
}

/** A number that SQLite counts up is the key of any row: it takes a value beside it to know one again. */
function tellsMore(table: TableSchema, columns: string[], row: Row): boolean {
  return columns.some((name) => (row[name] ?? null) !== null && !isRowNumber(table, name))
}

function isRowNumber({ primaryKey, columns }: TableSchema, name: string): boolean {
  const [only, second] = primaryKey
  return only === name && second === undefined && columns.find((it) => it.name === name)?.type === 'INTEGER'
}

/** Columns of the primary key, and of each unique index over whole columns. */
function keysOf({ primaryKey, indexes }: TableSchema): string[][] {
  const unique = indexes
    .filter((index) => index.unique && !index.partial && !index.columns.includes(null))
    .map(({ columns }) => columns.flatMap((name) => name ?? []))
  return [primaryKey, ...unique].filter((columns) => columns.length > 0)
}

function isText(value: SqlValue | undefined): boolean {
  return typeof value === 'string' || value instanceof Uint8Array
}
