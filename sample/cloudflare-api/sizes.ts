import type { DatabaseSync } from 'node:sqlite'
import { openSqlite, type SqlValue } from '../../src/d1/sqlite/sqlite.js'
import { PATTERN_BYTES, RESULT_BYTES, VALUE_BYTES } from './engine.js'
import { sqlFailure, type ApiFailure } from './failure.js'

const TOO_BIG = 'string or blob too big: SQLITE_TOOBIG'

/** A value of a result that is larger than D1 makes one. */
export function tooLargeValue(rows: readonly SqlValue[][]): ApiFailure | undefined {
  return rows.some((row) => row.some((value) => bytesOf(value) > VALUE_BYTES))
    ? sqlFailure(TOO_BIG)
    : undefined
}

/**
 * A row, or an entry of an index, that is stored and larger than D1 stores one. Reads every page of the database: for statements that may
 * have written such a row.
 */
export function tooLargeRow(database: DatabaseSync): ApiFailure | undefined {
  const found = database.prepare('SELECT 1 FROM dbstat WHERE mx_payload > ? LIMIT 1').get(VALUE_BYTES)
  return found === undefined ? undefined : sqlFailure(TOO_BIG)
}

/** What D1 says of a query that loads too much into its memory; no source shows what it says of a result past its limit. */
export function tooLargeResult(rows: readonly SqlValue[][]): ApiFailure | undefined {
  let bytes = 0
  for (const row of rows) for (const value of row) bytes += inJson(value)
  return bytes > RESULT_BYTES
    ? sqlFailure("D1 DB's isolate exceeded its memory limit and was reset.")
    : undefined
}

/** LIKE and GLOB of this connection refuse patterns longer than D1's, wherever the pattern comes from. */
export function boundPatterns(database: DatabaseSync): void {
  const sqlite = openSqlite(':memory:')
  const [like, escaped, glob] = ['? LIKE ?', '? LIKE ? ESCAPE ?', '? GLOB ?'].map((sql) =>
    sqlite.prepare(`SELECT ${sql} AS matches`),
  )
  const bounded = (pattern: SqlValue): void => {
    if (bytesOf(pattern) > PATTERN_BYTES) throw sqlFailure('LIKE or GLOB pattern too complex: SQLITE_ERROR')
  }
  const options = { deterministic: true, useBigIntArguments: true }
  database.function('like', options, (pattern, text) => {
    bounded(pattern)
    return like?.get(text, pattern)?.['matches'] ?? null
  })
  database.function('like', options, (pattern, text, escape) => {
    bounded(pattern)
    return escaped?.get(text, pattern, escape)?.['matches'] ?? null
  })
  database.function('glob', options, (pattern, text) => {
    bounded(pattern)
    return glob?.get(text, pattern)?.['matches'] ?? null
  })
}

function bytesOf(value: SqlValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  return typeof value === 'object' && value !== null ? value.byteLength : 0
}

/** Blobs are arrays of numbers there. */
function inJson(value: SqlValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 2
  return typeof value === 'object' && value !== null ? 4 * value.byteLength : 8
}
