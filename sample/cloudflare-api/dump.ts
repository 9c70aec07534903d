import { quoteName, type SqlValue } from '../../src/d1/sqlite/sqlite.js'
import { sqlFailure } from './failure.js'
import type { LocalDatabase } from './local-database.js'

export interface DumpOptions {
  no_data?: boolean | undefined
  no_schema?: boolean | undefined
  /** Names of tables; all when empty or absent. */
  tables?: string[] | undefined
}

/**
 * The database as D1 writes it down, line by line, with D1's habits: tables in the order in which they were made (so a child may
 * precede its parent), rows without their rowids, integers as JavaScript numbers, line feeds through `replace()`, then indexes,
 * triggers and views. `dump.test.ts` holds it against Miniflare's. Throws for virtual tables, as D1 does.
 */
export function* dump(database: LocalDatabase, options: DumpOptions = {}): Generator<string> {
  const wanted = (name: string): boolean => !options.tables?.length || options.tables.includes(name)
  yield 'PRAGMA defer_foreign_keys=TRUE;'
  for (const { name, sql } of schemaOf(database, TABLES)) {
    if (!wanted(name)) continue
    if (sql.startsWith('CREATE VIRTUAL TABLE')) {
      throw sqlFailure('D1 Export error: cannot export databases with Virtual Tables (fts5)')
    }
    const definition = options.no_schema === true ? undefined : definitionOf(name, sql)
    if (definition !== undefined) yield definition
    const internal = /^(?:_cf_|sqlite_(?!sequence$|stat.))/.test(name)
    if (!internal && options.no_data !== true) yield* rowsOf(database, name)
  }
  if (options.no_schema === true) return
  for (const { name, sql } of schemaOf(database, REST)) if (wanted(name)) yield `${sql};`
}

const TABLES = `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL ORDER BY tbl_name = 'sqlite_sequence', rowid`
const REST = `SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type IN ('index', 'trigger', 'view') ORDER BY type COLLATE NOCASE`

function schemaOf({ connection }: LocalDatabase, query: string): { name: string; sql: string }[] {
  return connection
    .prepare(query)
    .all()
    .map((row) => ({ name: String(row['name']), sql: String(row['sql']) }))
}

function definitionOf(name: string, sql: string): string | undefined {
  if (name === 'sqlite_sequence') return 'DELETE FROM sqlite_sequence;'
  if (/^sqlite_stat./.test(name)) return 'ANALYZE sqlite_schema;'
  if (name.startsWith('_cf_') || name.startsWith('sqlite_')) return undefined
  return /CREATE TABLE ['"]/.test(sql)
    ? `CREATE TABLE IF NOT EXISTS ${sql.slice('CREATE TABLE '.length)};`
    : `${sql};`
}

function* rowsOf({ connection }: LocalDatabase, table: string): Generator<string> {
  const columns = connection
    .prepare(`PRAGMA table_info=${quoteName(table)}`)
    .all()
    .map((row) => quoteName(String(row['name'])))
  const rows = connection.prepare(`SELECT ${columns.join(', ')} FROM ${quoteName(table)}`)
  rows.setReturnArrays(true)
  rows.setReadBigInts(true)
  for (const row of rows.iterate()) {
    const values = Object.values(row as Record<string, SqlValue>).map(literal)
    yield `INSERT INTO ${quoteName(table)} (${columns.join(',')}) VALUES(${values.join(',')});`
  }
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return textLiteral(value)
  if (typeof value === 'object') {
    return `X'${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}'`
  }
  const number = Number(value)
  if (Number.isFinite(number)) return String(number)
  return number > 0 ? '9e999' : '-9e999'
}

function textLiteral(text: string): string {
  const escaped = text.replaceAll("'", "''").replaceAll('\n', '\\n').replaceAll('\r', '\\r')
  let out = `'${escaped}'`
  if (text.includes('\r')) out = `replace(${out},'\\r',char(13))`
  if (text.includes('\n')) out = `replace(${out},'\\n',char(10))`
  return out
}
