import { quoteName } from '../../sqlite/sqlite.js'
import type { Reference, TableShape } from '../../schema/inventory.js'

/** One table in the order in which rows can be written with foreign keys on, statement by statement. */
export interface OrderedTable {
  table: TableShape
  /** Keys whose parents may come later: NULL first, the value by an UPDATE once every row is there. */
  later: LaterKey[]
}

export interface LaterKey {
  /** Column that is NULL at first. */
  column: string
  /** SQL: the parent of the row is not there yet. */
  condition: string
}

/**
 * Parents before children. A ring of tables is opened at a key that may be NULL, and a row that points to a later row of its own
 * table likewise. Where no key of a ring may be NULL any order is as good, and only a transaction with deferred keys takes it.
 */
export function rowOrder(tables: TableShape[]): OrderedTable[] {
  const left = [...tables]
  const written = new Set<string>()
  const ordered: OrderedTable[] = []
  const known = new Set(tables.map(({ name }) => name.toLowerCase()))
  const open = (table: TableShape): Reference[] =>
    table.references.filter(({ table: parent }) => {
      const key = parent.toLowerCase()
      return key !== table.name.toLowerCase() && known.has(key) && !written.has(key)
    })
  while (left.length > 0) {
    const free = left.findIndex((table) => open(table).length === 0)
    const opened = left.findIndex((table) => open(table).every(({ nullable }) => nullable !== undefined))
    const [table] = left.splice(free >= 0 ? free : Math.max(0, opened), 1)
    if (table === undefined) break
    ordered.push({ table, later: [...open(table).flatMap(everyRow), ...ownRows(table)] })
    written.add(table.name.toLowerCase())
  }
  return ordered
}

function everyRow({ nullable }: Reference): LaterKey[] {
  return nullable === undefined ? [] : [{ column: nullable, condition: `${quoteName(nullable)} IS NOT NULL` }]
}

/** Keys within the table, for rows whose parent has a higher key: rows are written in the order of their keys. */
function ownRows(table: TableShape): LaterKey[] {
  const key = orderOf(table)
  const own = quoteName(table.name)
  const side = (alias: string): string => `(${key.map((name) => `${alias}.${quoteName(name)}`).join(', ')})`
  return table.references
    .filter(({ table: parent }) => parent.toLowerCase() === table.name.toLowerCase())
    .flatMap(({ nullable, columns }) => {
      if (nullable === undefined) return []
      if (key.length === 0) return everyRow({ table: table.name, columns, nullable })
      const parent = quoteName(`parent of ${table.name}`)
      const met = columns.map(({ from, to }) => `${parent}.${quoteName(to)} = ${own}.${quoteName(from)}`)
      const condition = `EXISTS (SELECT 1 FROM ${own} AS ${parent} WHERE ${met.join(' AND ')} AND ${side(parent)} > ${side(own)})`
      return [{ column: nullable, condition }]
    })
}

/** The columns whose order a table's rows are read in; none where its rows have no key of their own. */
export function orderOf({ rowid, key }: Pick<TableShape, 'rowid' | 'key'>): string[] {
  return rowid === undefined ? key : [rowid]
}
