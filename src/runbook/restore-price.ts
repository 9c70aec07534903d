import type { BackupRecord } from '../contract/backup.js'
import type { Price } from '../contract/price.js'

/** The safety copy of before, as the backup was, and a reading of the live side before the import and one after it, each half as much. */
const READINGS = 2
/** Of all, whatever the size; four a table for the copy, two for each reading; two a page of up to 100 rows of a copy by rows. */
const CALLS_AROUND = 40
const CALLS_A_TABLE = 8
const ROWS_A_PAGE = 50

/**
 * What the restore of a backup into its remote database will cost, with the copy of what it replaces and the proof by reading back;
 * rather too high than too low. Undefined of a local database, whose restore costs nothing at Cloudflare. Pure.
 */
export function restorePrice({ way, tables, rowsRead }: BackupRecord): Price | undefined {
  if (way === undefined) return undefined
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  return {
    act: 'restore',
    rowsRead: rowsRead === undefined ? null : Math.ceil(READINGS * rowsRead),
    rowsExported: way === 'export' ? rows : 0,
    rowsWritten: rows,
    apiCalls:
      CALLS_AROUND + CALLS_A_TABLE * tables.length + (way === 'rows' ? Math.ceil(rows / ROWS_A_PAGE) : 0),
    // No import of it was ever measured.
    unavailableMs: null,
  }
}
