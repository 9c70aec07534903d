import type { DatabaseSync } from 'node:sqlite'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { SearchFeed } from '../statement/search-triggers.js'
import { number } from './row-keys.js'

/** `main` is the database after, `prior` the one before. */
export type SearchSchema = 'main' | 'prior'

/** Rows of the table that the index does not hold as it should. */
export function notFound(
  database: DatabaseSync,
  schema: SearchSchema,
  index: TableSchema,
  feed: SearchFeed,
): number {
  // One without content knows numbers of rows only.
  const columns =
    index.search?.kind === 'none' ? feed.columns.filter(({ name }) => isRowid(name)) : feed.columns
  if (columns.length === 0) return 0
  const wanted = columns.map(({ expression }) => expression).join(', ')
  const held = columns.map(({ name }) => (isRowid(name) ? 'rowid' : quoteName(name))).join(', ')
  const where = feed.condition === undefined ? '' : ` WHERE ${feed.condition}`
  return number(
    database,
    `SELECT count(*) AS n FROM (SELECT ${wanted} FROM ${schema}.${quoteName(feed.table)} t${where} EXCEPT SELECT ${held} FROM ${schema}.${quoteName(index.name)})`,
  )
}

/** The index holds the rows of its feeds, all of them and no others. False also where their expressions need more than the row. */
export function isWhole(
  database: DatabaseSync,
  schema: SearchSchema,
  index: TableSchema,
  feeds: SearchFeed[],
): boolean {
  const place = (name: string): string => `${schema}.${quoteName(name)}`
  try {
    const rows = feeds.map(({ table, condition }) => {
      const where = condition === undefined ? '' : ` WHERE ${condition}`
      return number(database, `SELECT count(*) AS n FROM ${place(table)} t${where}`)
    })
    const wanted = rows.reduce((sum, each) => sum + each, 0)
    const held = number(database, `SELECT count(*) AS n FROM ${place(index.name)}`)
    return held === wanted && feeds.every((feed) => notFound(database, schema, index, feed) === 0)
  } catch {
    return false
  }
}

/** Rows that an index with content of its own holds on one side only; of one without content the numbers of rows. */
export function rowsApart(database: DatabaseSync, index: TableSchema): number {
  const columns = index.search?.kind === 'none' ? [] : index.columns.map(({ name }) => quoteName(name))
  const all = (schema: SearchSchema): string =>
    `SELECT ${['rowid', ...columns].join(', ')} FROM ${schema}.${quoteName(index.name)}`
  const only = (a: SearchSchema, b: SearchSchema): number =>
    number(database, `SELECT count(*) AS n FROM (${all(a)} EXCEPT ${all(b)})`)
  return Math.max(only('main', 'prior'), only('prior', 'main'))
}

/** Statements that empty an index and fill it from the rows of its table. */
export function refillOf(index: TableSchema, { table, columns, condition }: SearchFeed): string[] {
  const name = quoteName(index.name)
  const into = columns.map((column) => (isRowid(column.name) ? 'rowid' : quoteName(column.name))).join(', ')
  const from = columns.map(({ expression }) => expression).join(', ')
  const where = condition === undefined ? '' : ` WHERE ${condition}`
  return [
    index.search?.kind === 'none'
      ? `INSERT INTO ${name} (${name}) VALUES ('delete-all')`
      : `DELETE FROM ${name}`,
    `INSERT INTO ${name} (${into}) SELECT ${from} FROM ${quoteName(table)} t${where}`,
  ]
}

export function isRowid(name: string): boolean {
  return name.toLowerCase() === 'rowid'
}
