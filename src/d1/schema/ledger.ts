import type { LedgerEntry } from '../../contract/backup.js'
import { cellText, quoteName, quoteText } from '../sqlite/sqlite.js'
import type { Reader } from '../sqlite/reader.js'

/** The ledger as Wrangler creates it, one statement without its `;`. */
export function ledgerSql(table: string): string {
  return `CREATE TABLE IF NOT EXISTS ${quoteName(table)}(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`
}

/** What Wrangler appends to a file's text, so that it is recorded with what it does; one statement without its `;`. */
export function recordSql(table: string, migration: string): string {
  return `INSERT INTO ${quoteName(table)} (name) VALUES (${quoteText(migration)})`
}

/**
 * Records files that a database holds already, if its ledger still names exactly `before` and {@link schemaSizeSql} still says
 * `schemaSize`; else nothing. One statement, so nobody comes between the look and the write; without its `;`.
 */
export function adoptSql(
  table: string,
  input: { names: readonly string[]; before: readonly string[]; schemaSize: string },
): string {
  const ledger = quoteName(table)
  const { names, before, schemaSize } = input
  return `INSERT INTO ${ledger} (name)
SELECT value FROM json_each(${quoteText(JSON.stringify(names))})
WHERE (SELECT json_group_array(name) FROM (SELECT name FROM ${ledger} ORDER BY id)) = ${quoteText(JSON.stringify(before))}
  AND (${schemaSizeSql(table)}) = ${quoteText(schemaSize)}
ORDER BY key`
}

/** How many objects there are beside the ledger, and how long their SQL is, as one text. */
export function schemaSizeSql(table: string): string {
  const name = quoteText(table)
  return `SELECT count(*) || ' ' || coalesce(sum(length(sql)), 0) AS size FROM sqlite_schema
WHERE lower(tbl_name) <> lower(${name}) AND tbl_name NOT LIKE 'sqlite@_%' ESCAPE '@' AND tbl_name NOT LIKE '@_cf@_%' ESCAPE '@'`
}

/** Whether a table is the ledger: SQLite compares names without regard to case. */
export function isLedger(table: string, ledger: string): boolean {
  return table.toLowerCase() === ledger.toLowerCase()
}

/**
 * The rows of the ledger table in the order in which they were applied; none when the table does not exist. Read by a
 * plain SELECT: `wrangler d1 migrations list` would create the table.
 */
export async function readLedger(reader: Reader, table: string): Promise<LedgerEntry[]> {
  const found = await reader.query(
    `SELECT name FROM sqlite_schema WHERE type = 'table' AND lower(name) = lower(${quoteText(table)})`,
  )
  if (found.length === 0) return []
  const rows = await reader.query(`SELECT id, name, applied_at FROM ${quoteName(table)} ORDER BY id`)
  return rows.map((row) => ({
    id: Number(row['id']),
    name: cellText(row['name']),
    appliedAt: cellText(row['applied_at']),
  }))
}
