import type { BackupWay } from '../../../contract/backup.js'
import type { Inventory, TableShape } from '../../schema/inventory.js'
import type { Reader } from '../../sqlite/reader.js'
import { cellText, quoteName } from '../../sqlite/sqlite.js'
import { rowOrder } from './row-order.js'

/** For each table whose rows are numbered: the SQL condition that rows meet which were there at one moment, and later ones do not. */
export type Bounds = Map<string, string>

/** Two columns a table; D1 gives a result 100. */
const TABLES_A_QUERY = 40

/**
 * Where each table ends now. Databases mostly grow at the end of their tables: what is bounded by this moment stays the same, and
 * can be compared, or read page by page, while others write. Two rows read a table. By export only numbers that are a column count:
 * D1's own export does not keep the others.
 */
export async function boundsNow(reader: Reader, { tables }: Inventory, way: BackupWay): Promise<Bounds> {
  const bounds: Bounds = new Map()
  // Children first: past one query it is another moment, and then their parents are there rather than missing.
  const numbered = rowOrder(tables)
    .map(({ table }) => ({ name: table.name, column: numberOf(table, way) }))
    .reverse()
    .flatMap(({ name, column }) => (column === undefined ? [] : [{ name, column: quoteName(column) }]))
  for (let from = 0; from < numbered.length; from += TABLES_A_QUERY) {
    const asked = numbered.slice(from, from + TABLES_A_QUERY)
    const columns = asked.map(({ name, column }, at) => {
      const last = `(SELECT max(${column}) FROM ${quoteName(name)})`
      return `typeof(${last}) AS t${at}, CAST(${last} AS TEXT) AS k${at}`
    })
    const [row = {}] = await reader.query(`SELECT ${columns.join(', ')}`)
    for (const [at, { name, column }] of asked.entries()) {
      const kind = row[`t${at}`]
      if (kind === 'null') bounds.set(name, '0')
      if (kind === 'integer') bounds.set(name, `${column} <= ${cellText(row[`k${at}`])}`)
    }
  }
  return bounds
}

function numberOf({ rowid, key }: TableShape, way: BackupWay): string | undefined {
  if (rowid !== undefined) return way === 'rows' ? rowid : undefined
  return key.length === 1 ? key[0] : undefined
}
