import { isLedger } from './ledger.js'
import { isReserved } from '../sql/reserved-names.js'
import { DEFAULT_LEDGER } from '../../contract/names.js'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { defined } from '../../contract/defined.js'
import { searchContent, type SearchContent } from './search-table.js'
import { normaliseSql } from './catalog.js'
import { cellText, quoteName } from '../sqlite/sqlite.js'
import { closingAt } from '../sql/parentheses.js'
import { statementText } from '../sql/statements.js'
import { significantTokens, type Token } from '../sql/tokens.js'

/** The schema in detail: what `sqlite_schema` says and the table-valued PRAGMAs add. */
export interface ColumnSchema {
  name: string
  /** As declared, upper case. */
  type: string
  notNull: boolean
  /** SQL text of the default, null without one. */
  default: string | null
  /** 1-based position in the primary key, 0 outside of it. */
  keyPosition: number
  generated: boolean
}

export interface ForeignKeySchema {
  columns: string[]
  target: string
  /** Empty: the primary key of the target is meant. */
  targetColumns: string[]
  onDelete: string
  onUpdate: string
  /** DEFERRABLE INITIALLY DEFERRED: judged at the end of the transaction. */
  deferred: boolean
}

export interface IndexSchema {
  name: string
  table: string
  unique: boolean
  /** `statement`: a CREATE INDEX; else the constraint that SQLite made it for. */
  origin: 'statement' | 'unique' | 'primary-key'
  /** Column names; null for an expression. */
  columns: (string | null)[]
  /** Of each column, upper case. */
  collations: string[]
  /** Normalised SQL; empty for a constraint's index. */
  sql: string
  /** SQL as stored. */
  source: string
  partial: boolean
}

export interface TableSchema {
  name: string
  kind: 'table' | 'virtual' | 'shadow'
  /** As stored, for writing it again. */
  sql: string
  columns: ColumnSchema[]
  primaryKey: string[]
  foreignKeys: ForeignKeySchema[]
  indexes: IndexSchema[]
  /** Normalised text of each CHECK. */
  checks: string[]
  withoutRowid: boolean
  strict: boolean
  autoIncrement: boolean
  /** Of a full-text table (FTS5). */
  search?: SearchContent
}

export interface TriggerSchema {
  name: string
  table: string
  sql: string
}

export interface ViewSchema {
  name: string
  sql: string
  /** What it shows; empty where it cannot be read. */
  columns: string[]
}

/** Keys are names in lower case: SQLite compares names without regard to case. */
export interface DetailedCatalog {
  tables: Map<string, TableSchema>
  triggers: Map<string, TriggerSchema>
  views: Map<string, ViewSchema>
}

export interface CatalogOptions {
  migrationsTable?: string
  /** An earlier reading: tables whose SQL and indexes are the same are taken over from it. */
  known?: DetailedCatalog
}

interface SchemaRow {
  type: string
  name: string
  tbl_name: string
  sql: string | null
}

/** Reads the schema without what SQLite, D1 and the ledger keep for themselves. */
export function readDetailedCatalog(database: DatabaseSync, options: CatalogOptions = {}): DetailedCatalog {
  const ledger = options.migrationsTable ?? DEFAULT_LEDGER
  const rows = schemaRows(database).filter(
    (row) => !isReserved(row.tbl_name) && !isLedger(row.tbl_name, ledger),
  )
  // Only a virtual table has shadow tables; asking for kinds makes SQLite load every table.
  const virtual = rows.some(({ sql }) => sql !== null && /^\s*create\s+virtual/i.test(sql))
  const kinds = virtual ? kindsOf(database) : new Map<string, Kind>()
  const catalog: DetailedCatalog = { tables: new Map(), triggers: new Map(), views: new Map() }
  const indexSql = new Map<string, SchemaRow[]>()
  for (const row of rows) {
    if (row.type !== 'index') continue
    const table = row.tbl_name.toLowerCase()
    const siblings = indexSql.get(table)
    if (siblings === undefined) indexSql.set(table, [row])
    else siblings.push(row)
  }
  for (const row of rows) {
    const key = row.name.toLowerCase()
    const sql = statementText(row.sql ?? '')
    if (row.type === 'trigger') catalog.triggers.set(key, { name: row.name, table: row.tbl_name, sql })
    if (row.type === 'view')
      catalog.views.set(key, { name: row.name, sql, columns: viewColumns(database, row.name) })
    if (row.type !== 'table') continue
    const indexes = indexSql.get(key) ?? []
    const known = options.known?.tables.get(key)
    const same = known !== undefined && known.sql === sql && sameIndexes(known.indexes, indexes)
    catalog.tables.set(key, same ? known : readTable(database, row.name, sql, indexes, kinds.get(key)))
  }
  return catalog
}

/** `table` and its columns, keys, indexes; undefined where there is no such table. */
export function tableNamed(catalog: DetailedCatalog, name: string): TableSchema | undefined {
  return catalog.tables.get(name.toLowerCase())
}

/** It has rows of its own, which go with it: a table, or a full-text table that has no other one behind it. */
export function holdsRows({ kind, search }: TableSchema): boolean {
  return kind === 'table' || search?.kind === 'own'
}

export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** The column that is the row's own number, which SQLite gives out: INTEGER PRIMARY KEY, not INT, not DESC, not WITHOUT ROWID. */
export function rowidColumn(table: TableSchema): ColumnSchema | undefined {
  const { primaryKey, withoutRowid, indexes } = table
  if (primaryKey.length !== 1 || withoutRowid || indexes.some(({ origin }) => origin === 'primary-key'))
    return undefined
  return table.columns.find(({ name }) => name === primaryKey[0])
}

/** The target columns of a foreign key, the implicit ones filled in. */
export function referencedColumns(key: ForeignKeySchema, target: TableSchema): string[] {
  return key.targetColumns.length > 0 ? key.targetColumns : target.primaryKey
}

type Kind = TableSchema['kind']

/** Compiled once a connection: statements that wait for the garbage collector slow down every change of the schema. */
const compiled = new WeakMap<DatabaseSync, StatementSync>()

function schemaRows(database: DatabaseSync): SchemaRow[] {
  let statement = compiled.get(database)
  if (statement === undefined) {
    statement = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid')
    compiled.set(database, statement)
  }
  return statement.all() as unknown as SchemaRow[]
}

function kindsOf(database: DatabaseSync): Map<string, Kind> {
  const rows = database
    .prepare(`SELECT name, type FROM pragma_table_list WHERE schema = 'main'`)
    .all() as unknown as {
    name: string
    type: string
  }[]
  return new Map(
    rows.map((row) => [
      row.name.toLowerCase(),
      row.type === 'virtual' || row.type === 'shadow' ? row.type : 'table',
    ]),
  )
}

function sameIndexes(known: IndexSchema[], rows: SchemaRow[]): boolean {
  return (
    known.length === rows.length &&
    rows.every((row) =>
      known.some(({ name, source }) => name === row.name && source === statementText(row.sql ?? '')),
    )
  )
}

function readTable(
  database: DatabaseSync,
  name: string,
  sql: string,
  indexRows: SchemaRow[],
  kind: Kind = 'table',
): TableSchema {
  const columns = (
    database.prepare(`PRAGMA table_xinfo(${quoteName(name)})`).all() as unknown as {
      name: string
      type: string
      notnull: number
      dflt_value: string | null
      pk: number
      hidden: number
    }[]
  )
    .filter((column) => column.hidden !== 1)
    .map((column) => ({
      name: column.name,
      type: column.type.toUpperCase(),
      notNull: column.notnull === 1,
      default: column.dflt_value,
      keyPosition: column.pk,
      generated: column.hidden >= 2,
    }))
  const tokens = significantTokens(sql)
  const close = tokens.findLastIndex(({ text }) => text === ')')
  const options = tokens.slice(close + 1).map(({ text }) => text.toUpperCase())
  return {
    name,
    kind,
    sql,
    columns,
    primaryKey: columns
      .filter(({ keyPosition }) => keyPosition > 0)
      .sort((a, b) => a.keyPosition - b.keyPosition)
      .map((column) => column.name),
    foreignKeys:
      /\breferences\b/i.test(sql) && kind !== 'virtual' ? readForeignKeys(database, name, tokens) : [],
    indexes: kind === 'virtual' ? [] : readIndexes(database, name, indexRows),
    checks: checksIn(sql, tokens),
    withoutRowid: options.some((word) => word === 'WITHOUT'),
    strict: options.some((word) => word === 'STRICT'),
    autoIncrement: tokens.some(({ kind, text }) => kind === 'word' && /^autoincrement$/i.test(text)),
    ...defined({ search: kind === 'virtual' ? searchContent(tokens) : undefined }),
  }
}

function readForeignKeys(database: DatabaseSync, table: string, tokens: Token[]): ForeignKeySchema[] {
  const rows = database.prepare(`PRAGMA foreign_key_list(${quoteName(table)})`).all() as unknown as {
    id: number
    seq: number
    table: string
    from: string
    to: string | null
    on_update: string
    on_delete: string
  }[]
  const byId = new Map<number, ForeignKeySchema>()
  for (const row of rows.sort((a, b) => a.id - b.id || a.seq - b.seq)) {
    const key = byId.get(row.id) ?? {
      columns: [],
      target: row.table,
      targetColumns: [],
      onDelete: row.on_delete,
      onUpdate: row.on_update,
      deferred: false,
    }
    key.columns.push(row.from)
    if (row.to !== null) key.targetColumns.push(row.to)
    byId.set(row.id, key)
  }
  const keys = [...byId.values()]
  // SQLite numbers them from the last one in the text, and does not say which ones are deferred.
  deferralsIn(tokens).forEach((deferred, at) => {
    const key = keys[keys.length - 1 - at]
    if (key !== undefined) key.deferred = deferred
  })
  return keys
}

/** Whether each REFERENCES of a CREATE TABLE is deferred, in the order of the text. */
function deferralsIn(tokens: Token[]): boolean[] {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text.toUpperCase() : text))
  return words.flatMap((word, at) => {
    if (word !== 'REFERENCES') return []
    let depth = 0
    const end = words.findIndex((text, position) => {
      if (position <= at) return false
      if (text === '(') depth += 1
      if (text === ')') depth -= 1
      return depth < 0 || (depth === 0 && text === ',') || text === 'REFERENCES'
    })
    const clause = words.slice(at, end < 0 ? undefined : end).join(' ')
    return [/(?<!NOT )DEFERRABLE INITIALLY DEFERRED/.test(clause)]
  })
}

function viewColumns(database: DatabaseSync, name: string): string[] {
  try {
    const rows = database.prepare(`PRAGMA table_info(${quoteName(name)})`).all()
    return rows.map((row) => cellText(row['name']))
  } catch {
    return []
  }
}

function readIndexes(database: DatabaseSync, table: string, rows: SchemaRow[]): IndexSchema[] {
  if (rows.length === 0) return []
  const listed = database.prepare(`PRAGMA index_list(${quoteName(table)})`).all() as unknown as {
    name: string
    unique: number
    origin: string
    partial: number
  }[]
  return listed.map((index) => {
    const columns = (
      database.prepare(`PRAGMA index_xinfo(${quoteName(index.name)})`).all() as unknown as {
        name: string | null
        coll: string
        key: number
      }[]
    ).filter(({ key }) => key === 1)
    const source = statementText(rows.find((row) => row.name === index.name)?.sql ?? '')
    return {
      name: index.name,
      table,
      unique: index.unique === 1,
      origin: index.origin === 'c' ? 'statement' : index.origin === 'u' ? 'unique' : 'primary-key',
      columns: columns.map((column) => column.name),
      collations: columns.map(({ coll }) => coll.toUpperCase()),
      sql: normaliseSql(source),
      source,
      partial: index.partial === 1,
    }
  })
}

/** The text of each CHECK ( … ) of a CREATE TABLE, white space and comments folded. */
function checksIn(sql: string, tokens: Token[]): string[] {
  const checks: string[] = []
  tokens.forEach((token, at) => {
    if (token.kind !== 'word' || !/^check$/i.test(token.text) || tokens[at + 1]?.text !== '(') return
    const close = tokens[closingAt(tokens, at + 1)]
    if (close !== undefined)
      checks.push(normaliseSql(sql.slice((tokens[at + 1]?.start ?? 0) + 1, close.start)))
  })
  return checks
}
