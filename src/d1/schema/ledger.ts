import type { LedgerEntry } from '../../contract/backup.js'
import { cellText, quoteName, quoteText } from '../sqlite/sqlite.js'
import type { Reader } from '../sqlite/reader.js'

/**
 * The rows of the ledger table in the order in which they were applied; none when the table does not exist. Read by a
 * plain SELECT: `wrangler d1 migrations list` would create the table.
 */
export async function readLedger(reader: Reader, table: string): Promise<LedgerEntry[]> {
  const found = await reader.query(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ${quoteText(table)}`,
  )
  if (found.length === 0) return []
  const rows = await reader.query(`SELECT id, name, applied_at FROM ${quoteName(table)} ORDER BY id`)
  return rows.map((row) => ({
    id: Number(row['id']),
    name: cellText(row['name']),
    appliedAt: cellText(row['applied_at']),
  }))
}
