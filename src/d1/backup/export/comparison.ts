import type { Comparison } from '../../../contract/backup.js'
import type { Inventory, TableShape } from '../../schema/inventory.js'
import type { Reader } from '../../sqlite/reader.js'
import { quoteName } from '../../sqlite/sqlite.js'
import { comparedTables } from './summary.js'

/** Columns that one query sums up: D1 gives a result 100 columns and a statement 100 KB. */
export const COLUMNS_A_PASS = 20

/** The live side is read before and after the export, to tell a moving table from a broken export. */
const READINGS = 2

/**
 * How closely a live database can be compared without D1 reading, and billing, more than `maxRows` rows for it: value by
 * value in sums, by row counts, or by its schema alone. Finding that out reads a handful of rows, or at most `maxRows`
 * where row numbers are sparse.
 */
export async function affordableComparison(
  reader: Reader,
  inventory: Inventory,
  maxRows: number | undefined,
): Promise<Comparison> {
  if (maxRows === undefined) return 'values'
  let forCounts = 0
  let forValues = 0
  for (const table of comparedTables(inventory)) {
    const rows = READINGS * (await rowsUpTo(reader, table, maxRows))
    forCounts += rows
    forValues += rows * passesOver(table)
    if (forCounts > maxRows) return 'schema'
  }
  return forValues > maxRows ? 'counts' : 'values'
}

export function passesOver({ visible }: TableShape): number {
  return Math.max(1, Math.ceil(visible.length / COLUMNS_A_PASS))
}

/** Rows of the table, exact up to `bound`; past it, only that there are more. */
async function rowsUpTo(reader: Reader, table: TableShape, bound: number): Promise<number> {
  const name = quoteName(table.name)
  if (table.rowid !== undefined && table.module === undefined) {
    // Both ends of the table's tree: two rows read, whatever its size.
    const id = quoteName(table.rowid)
    const sql = `SELECT (SELECT max(${id}) FROM ${name}) - (SELECT min(${id}) FROM ${name}) + 1 AS span`
    const [row] = await reader.query(sql)
    const span = Number(row?.['span'] ?? 0)
    if (span <= bound) return span
  }
  const [row] = await reader.query(`SELECT count(*) AS n FROM (SELECT 1 FROM ${name} LIMIT ${bound + 1})`)
  return Number(row?.['n'] ?? 0)
}
