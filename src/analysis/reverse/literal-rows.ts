import type { DatabaseSync } from 'node:sqlite'
import { InsertRoom, LONGEST_STATEMENT } from '../../d1/sql/insert-room.js'
import { eachRow, quoteName } from '../../d1/sqlite/sqlite.js'

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
  const room = new InsertRoom(columns.length)
  for (const row of rows) {
    const size = Buffer.byteLength(row) + 2
    if (size + head.length > LONGEST_STATEMENT) return { tooMany: true }
    if (room.take(size)) statements.push(`${statements.pop() ?? head},\n${row}`)
    else statements.push(head + row)
  }
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
