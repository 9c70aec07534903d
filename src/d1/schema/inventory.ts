import { isReserved } from '../sql/reserved-names.js'
import { statementText } from '../sql/statements.js'
import { RunbookError } from '../../contract/failures.js'
import type { Reader } from '../sqlite/reader.js'
import { defined } from '../../contract/defined.js'
import { cellText, quoteText, type Row } from '../sqlite/sqlite.js'

/** A table as a dump must know it. */
export interface TableShape {
  name: string
  sql: string
  /** Stored columns; generated ones are computed again by the restore. */
  stored: string[]
  /** Stored and generated: what a reader sees. */
  visible: string[]
  /** A name under which the row's own number can be read and written; absent where the rows have none of their own. */
  rowid?: string
  /** Columns of the primary key. */
  key: string[]
  /** Foreign keys: to which table, by which columns. */
  references: Reference[]
  /** Module of a virtual table, such as `fts5`. */
  module?: string
}

export interface Reference {
  table: string
  /** Pairs of a column here and the one that it points to. */
  columns: { from: string; to: string }[]
  /** A column of the key that may be NULL, which keeps the row free of its parent; absent where none may. */
  nullable?: string
}

export interface SchemaObject {
  type: string
  name: string
  sql: string
}

/** What a database holds, in the order in which it was created. */
export interface Inventory {
  tables: TableShape[]
  virtual: TableShape[]
  indexes: SchemaObject[]
  views: SchemaObject[]
  triggers: SchemaObject[]
  /** `sqlite_sequence` exists: some table has AUTOINCREMENT. */
  sequences: boolean
}

/** Reads the inventory over any reader; a handful of queries and one a table. */
export async function takeInventory(reader: Reader): Promise<Inventory> {
  const listed = await reader.query('PRAGMA table_list')
  const kinds = new Map(listed.map((row) => [cellText(row['name']), row]))
  const rows = await reader.query('SELECT type, name, sql FROM sqlite_schema ORDER BY rowid')
  const objects = rows
    .map((row) => ({
      type: cellText(row['type']),
      name: cellText(row['name']),
      sql: statementText(cellText(row['sql'])),
    }))
    .filter(({ name }) => !isReserved(name))
  const tables: TableShape[] = []
  const virtual: TableShape[] = []
  for (const object of objects.filter(({ type }) => type === 'table')) {
    const kind = kinds.get(object.name)
    // What a virtual table keeps for itself is made again by its module.
    if (kind?.['type'] === 'shadow') continue
    const shape = await shapeOf(reader, object, Number(kind?.['wr'] ?? 0) === 1)
    if (shape.module === undefined) tables.push(shape)
    else virtual.push(shape)
  }
  const ofType = (type: string): SchemaObject[] =>
    objects.filter((object) => object.type === type && object.sql !== '')
  return {
    tables,
    virtual,
    indexes: ofType('index'),
    views: ofType('view'),
    triggers: ofType('trigger'),
    sequences: rows.some((row) => row['name'] === 'sqlite_sequence'),
  }
}

async function shapeOf(
  reader: Reader,
  { name, sql }: SchemaObject,
  withoutRowid: boolean,
): Promise<TableShape> {
  const columns = await reader.query(`PRAGMA table_xinfo(${quoteText(name)})`)
  // hidden: 1 belongs to a virtual table's module, 2 and 3 are generated (https://sqlite.org/pragma.html#pragma_table_xinfo)
  const visible = columns.filter((column) => Number(column['hidden']) !== 1)
  const module = /^\s*CREATE\s+VIRTUAL\s+TABLE\b[\s\S]*?\bUSING\s+["'`[]?(\w+)/i.exec(sql)?.[1]?.toLowerCase()
  const key = visible.filter((column) => Number(column['pk']) > 0)
  const shape: TableShape = {
    name,
    sql,
    stored: visible
      .filter((column) => Number(column['hidden']) === 0)
      .map((column) => cellText(column['name'])),
    visible: visible.map((column) => cellText(column['name'])),
    references: module === undefined ? await referencesOf(reader, name, columns) : [],
    key: key.sort((a, b) => Number(a['pk']) - Number(b['pk'])).map((column) => cellText(column['name'])),
  }
  if (module !== undefined) return { ...shape, module, rowid: 'rowid' }
  const numbered = key.length === 1 && cellText(key[0]?.['type']).toUpperCase() === 'INTEGER'
  if (withoutRowid || numbered) return shape
  const taken = new Set(shape.visible.map((column) => column.toLowerCase()))
  const rowid = ['rowid', '_rowid_', 'oid'].find((alias) => !taken.has(alias))
  return rowid === undefined ? shape : { ...shape, rowid }
}

/** Source: https://sqlite.org/pragma.html#pragma_foreign_key_list: without a column list `to` is NULL, the parent's key is meant. */
async function referencesOf(reader: Reader, table: string, columns: Row[]): Promise<Reference[]> {
  const rows = await reader.query(`PRAGMA foreign_key_list(${quoteText(table)})`)
  const optional = new Set(
    columns
      .filter((column) => Number(column['notnull']) === 0 && Number(column['pk']) === 0)
      .filter((column) => Number(column['hidden']) === 0)
      .map((column) => cellText(column['name']).toLowerCase()),
  )
  const ids = [...new Set(rows.map((row) => Number(row['id'])))]
  return Promise.all(
    ids.map(async (id) => {
      const parts = rows.filter((row) => Number(row['id']) === id)
      const parent = cellText(parts[0]?.['table'])
      const named = parts.every((part) => part['to'] !== null)
      const key = named ? parts.map((part) => cellText(part['to'])) : await keyOf(reader, parent)
      const pairs = parts.map((part, at) => ({ from: cellText(part['from']), to: key[at] ?? 'rowid' }))
      const nullable = pairs.find(({ from }) => optional.has(from.toLowerCase()))?.from
      return { table: parent, columns: pairs, ...defined({ nullable }) }
    }),
  )
}

async function keyOf(reader: Reader, table: string): Promise<string[]> {
  const rows = await reader.query(`PRAGMA table_info(${quoteText(table)})`)
  return rows
    .filter((row) => Number(row['pk']) > 0)
    .sort((a, b) => Number(a['pk']) - Number(b['pk']))
    .map((row) => cellText(row['name']))
}

/** How the rows of a virtual table come back. */
export type VirtualContent = 'rows' | 'rebuild' | 'nothing'

/** Throws `BackupUnfaithful` for a virtual table whose content cannot be read back. */
export function virtualContent({ name, module, sql }: TableShape): VirtualContent {
  if (module === 'fts5vocab') return 'nothing'
  if (module === 'rtree' || module === 'geopoly') return 'rows'
  if (module === 'fts5') {
    const content = /\bcontent\s*=\s*("[^"]*"|'[^']*'|[^\s,)]+)/i.exec(sql)?.[1]
    if (content === undefined) return 'rows'
    if (content.replaceAll(/^["']|["']$/g, '') !== '') return 'rebuild'
    throw uncarried(name, 'it is a contentless FTS5 table, whose texts SQLite does not keep')
  }
  throw uncarried(name, `it is a virtual table of the module ${module ?? 'unknown'}`)
}

function uncarried(name: string, why: string): RunbookError {
  return new RunbookError('BackupUnfaithful', `The backup cannot carry the table ${name}: ${why}.`, {
    advice: `Drop ${name} before the backup and create it again after the migration.`,
  })
}
