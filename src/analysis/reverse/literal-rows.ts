import type { DatabaseSync } from 'node:sqlite'
import { eachRow, quoteName } from '../../d1/sqlite/sqlite.js'

/** Bytes of one statement, below the 100 KB that D1 takes. */
const STATEMENT_BYTES = 90_000
/** A reverse migration is a file that people read and Wrangler sends: past these the backup is the better way back. */
const MAX_ROWS = 20_000
const MAX_BYTES = 4_000_000

/** Rows written out as SQL, or why they are not. */
export type Written = { statements: string[]; rows: number } | { tooMany: true }

/**
 * `INSERT OR IGNORE` statements that write rows out as literals. `from`: FROM clause with alias `b`, on a database that has them;
 * `columns`: pairs of the name to write and the expression to read.
 */
export function insertsFor(
  database: DatabaseSync,
  table: string,
  columns: [name: string, expression: string][],
  from: string,
): Written {
  const names = columns.map(([name]) => quoteName(name)).join(', ')
  const head = `INSERT OR IGNORE INTO ${quoteName(table)} (${names}) VALUES\n`
  const values = `'(' || ${columns.map(([, expression]) => `quote(${expression})`).join(` || ', ' || `)} || ')'`
  const rows = literalLines(database, values, from)
  if (rows === undefined) return { tooMany: true }
  const statements: string[] = []
  let batch: string[] = []
  let bytes = head.length
  const flush = (): void => {
    if (batch.length > 0) statements.push(head + batch.join(',\n'))
    batch = []
    bytes = head.length
  }
  for (const row of rows) {
    const size = Buffer.byteLength(row) + 2
    if (size + head.length > STATEMENT_BYTES) return { tooMany: true }
    if (bytes + size > STATEMENT_BYTES) flush()
    batch.push(row)
    bytes += size
  }
  flush()
  return { statements, rows: rows.length }
}

/** One statement a row, `expression` being its text; undefined when there are too many. */
export function literalLines(database: DatabaseSync, expression: string, from: string): string[] | undefined {
  const lines: string[] = []
  let bytes = 0
  for (const row of eachRow(
    database.prepare(`SELECT ${expression} AS line FROM ${from} LIMIT ${MAX_ROWS + 1}`),
  )) {
    const line = String((row as { line: unknown }).line)
    lines.push(line)
    bytes += Buffer.byteLength(line)
    if (lines.length > MAX_ROWS || bytes > MAX_BYTES) return undefined
  }
  return lines
}
