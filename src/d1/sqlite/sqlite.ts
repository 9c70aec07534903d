import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/** A value of SQLite as Node gives it: integers as `bigint` only where `bigints` was asked for. */
export type SqlValue = SQLInputValue
export type Row = Record<string, SqlValue>

/**
 * Opens an SQLite file as D1 runs it: foreign keys on, double-quoted names that resolve to nothing read as text.
 * The only module that opens SQLite. `:memory:` for a throw-away database.
 */
export function openSqlite(
  file: string,
  options: { readOnly?: boolean; foreignKeys?: boolean } = {},
): DatabaseSync {
  const database = new DatabaseSync(file, {
    readOnly: options.readOnly ?? false,
    enableForeignKeyConstraints: options.foreignKeys ?? true,
    enableDoubleQuotedStringLiterals: true,
  })
  database.exec('PRAGMA busy_timeout = 5000')
  return database
}

/** `name` as an SQL identifier, whatever it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** `text` as an SQL string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/**
 * SQL for a value as people read it: as a literal, a real by the fewest digits that tell it from its neighbours (`quote` writes
 * 1.0499999999999998 as 1.049999999999999823e+00), a text that holds NUL by its bytes (`quote` ends it there). What is longer than `most`
 * characters is cut, and says so.
 */
export function shownValue(expression: string, most?: number): string {
  const digits = `printf('%!.17g', ${expression})`
  const bytes = `'CAST(X''' || hex(${expression}) || ''' AS TEXT)'`
  const quoted = `CASE WHEN typeof(${expression}) = 'text' AND instr(CAST(${expression} AS BLOB), X'00') > 0 THEN ${bytes} ELSE quote(${expression}) END`
  const literal = `CASE WHEN typeof(${expression}) = 'real' AND length(${digits}) < length(quote(${expression})) AND CAST(${digits} AS REAL) = ${expression} THEN ${digits} ELSE ${quoted} END`
  return most === undefined
    ? `(${literal})`
    : `(CASE WHEN length(${quoted}) > ${most} THEN substr(${literal}, 1, ${most}) || '…' ELSE ${literal} END)`
}

/** A cell as text; empty for NULL and for a column that is not there. */
export function cellText(value: SqlValue | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'object')
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')
  return String(value)
}

/**
 * Rows one by one, in constant memory. Keeps hold of the statement until the last one: Node before 22.16 finalises a
 * statement that only its iterator still knows.
 */
export function* eachRow(statement: StatementSync): Generator<Row> {
  try {
    for (const row of statement.iterate()) yield row
  } finally {
    heldUntilHere.add(statement)
  }
}

const heldUntilHere = new WeakSet<StatementSync>()
