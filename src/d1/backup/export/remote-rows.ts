import type { Bounds } from './bounds.js'
import { concatenated } from './row-codec.js'
import type { RowSource } from './dump.js'
import { orderOf } from './row-order.js'
import type { TableShape } from '../../schema/inventory.js'
import type { Reader } from '../../sqlite/reader.js'
import { cellText, quoteName, type Row } from '../../sqlite/sqlite.js'

/** An answer of D1 should stay well below its memory; pages grow and shrink towards this. */
const PAGE_BYTES = 4 * 1024 * 1024
const FIRST_PAGE = 200
const LARGEST_PAGE = 5000

/**
 * Reads a remote database page by page, each table within its bound. Tables that only grow come out as of one moment; of others the
 * caller compares sums before and after.
 */
export function remoteSource(reader: Reader, bounds: Bounds = new Map()): RowSource {
  return {
    exact: false,
    query: (sql) => reader.query(sql),
    rows: (table, expression, where) =>
      pagesOf(
        reader,
        table,
        expression,
        [where, bounds.get(table.name)]
          .filter(Boolean)
          .map((one) => `(${one})`)
          .join(' AND '),
      ),
  }
}

async function* pagesOf(
  reader: Reader,
  table: TableShape,
  expression: string,
  where: string,
): AsyncIterable<Uint8Array> {
  const key = orderOf(table)
  const names = key.map(quoteName).join(', ')
  // Keys come and go as SQL literals: exact for every type, and past 2^53.
  const keyText = concatenated(
    key.flatMap((name, at) => [...(at === 0 ? [] : [`', '`]), `quote(${quoteName(name)})`]),
  )
  const order = key.length === 0 ? '' : `ORDER BY ${names}`
  let limit = key.length === 0 ? -1 : FIRST_PAGE
  let after = ''
  for (;;) {
    const rows = await reader.query(
      `SELECT ${expression} AS tuple, ${keyText || 'NULL'} AS key FROM ${quoteName(table.name)} WHERE ${where || '1'}${after} ${order} LIMIT ${limit}`,
    )
    let bytes = 0
    for (const row of rows) {
      const tuple = tupleBytes(row)
      bytes += tuple.byteLength
      yield tuple
    }
    if (limit < 0 || rows.length < limit) return
    after = ` AND (${names}) > (${cellText(rows.at(-1)?.['key'])})`
    const fitting = Math.floor((PAGE_BYTES / Math.max(bytes, 1)) * rows.length)
    limit = Math.min(LARGEST_PAGE, Math.max(1, fitting))
  }
}

/** JSON puts U+FFFD for bytes that are no text; such a row must look invalid, so that the table is read as bytes instead. */
function tupleBytes(row: Row): Uint8Array {
  const tuple = cellText(row['tuple'])
  return tuple.includes('\uFFFD') ? Uint8Array.of(0xff) : Buffer.from(tuple)
}
