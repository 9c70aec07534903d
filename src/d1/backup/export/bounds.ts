import type { BackupWay } from '../../../contract/backup.js'
import type { Inventory, TableShape } from '../../schema/inventory.js'
import type { Reader } from '../../sqlite/reader.js'
import { cellText, quoteName } from '../../sqlite/sqlite.js'
import { rowOrder } from './row-order.js'

/** For each table whose rows are numbered: the SQL condition that rows meet which were there at one moment, and later ones do not. */
export type Bounds = Map<string, string>

/** The numbers of a table's rows at one moment. */
export interface RowNumbers {
  /** Quoted. */
  column: string
  /** Digits; undefined where there is no row. */
  last: string | undefined
  /** From the first number to the last one: no fewer than there are rows. */
  span: number
  /** A column holds them, which D1's own export keeps; else they are SQLite's own. */
  ofColumn: boolean
}
export type Numbers = Map<string, RowNumbers>

/** Three columns a table; D1 gives a result 100. */
const TABLES_A_QUERY = 33

/** Where each table begins and ends now. A handful of rows read a table, whatever its size. */
export async function numbersNow(reader: Reader, { tables }: Inventory): Promise<Numbers> {
  const numbers: Numbers = new Map()
  // Children first: past one query it is another moment, and then their parents are there rather than missing.
  const numbered = rowOrder(tables)
    .reverse()
    .flatMap(({ table }) => {
      const column = numberOf(table)
      return column === undefined ? [] : [{ table, column: quoteName(column) }]
    })
  for (let from = 0; from < numbered.length; from += TABLES_A_QUERY) {
    const asked = numbered.slice(from, from + TABLES_A_QUERY)
    const columns = asked.map(({ table, column }, at) => {
      const end = (which: string): string => `(SELECT ${which}(${column}) FROM ${quoteName(table.name)})`
      const kinds = `typeof(${end('min')}) || ' ' || typeof(${end('max')})`
      return `${kinds} AS t${at}, CAST(${end('max')} AS TEXT) AS k${at}, ${end('max')} - ${end('min')} + 1 AS n${at}`
    })
    const [row = {}] = await reader.query(`SELECT ${columns.join(', ')}`)
    for (const [at, { table, column }] of asked.entries()) {
      const known = { column, ofColumn: table.rowid === undefined }
      const kinds = row[`t${at}`]
      if (kinds === 'null null') numbers.set(table.name, { ...known, last: undefined, span: 0 })
      if (kinds !== 'integer integer') continue
      numbers.set(table.name, { ...known, last: cellText(row[`k${at}`]), span: Number(row[`n${at}`]) })
    }
  }
  return numbers
}

/**
 * Databases mostly grow at the end of their tables: what is bounded by one moment stays the same, and can be compared, or read page
 * by page, while others write. By export only numbers that a column holds.
 */
export function boundsOf(numbers: Numbers, way: BackupWay): Bounds {
  const bounds: Bounds = new Map()
  for (const [name, { column, last, ofColumn }] of numbers)
    if (ofColumn || way === 'rows') bounds.set(name, last === undefined ? '0' : `${column} <= ${last}`)
  return bounds
}

function numberOf({ rowid, key }: TableShape): string | undefined {
  return rowid ?? (key.length === 1 ? key[0] : undefined)
}
