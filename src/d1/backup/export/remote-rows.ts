import type { Bounds } from './bounds.js'
import { RunbookError } from '../../../contract/failures.js'
import { rowOf, VALUE_TOO_BIG } from '../../wrangler/failure-table.js'
import { concatenated, tupleOf } from './row-codec.js'
import type { RowSource, RowValue } from './dump.js'
import { orderOf } from './row-order.js'
import type { TableShape } from '../../schema/inventory.js'
import type { Reader } from '../../sqlite/reader.js'
import { cellText, quoteName, type Row } from '../../sqlite/sqlite.js'

/** An answer of D1 should stay well below its memory; pages grow and shrink towards this. */
const PAGE_BYTES = 4 * 1024 * 1024
/** As many rows as may all be of the largest size, 2 MB. */
const FIRST_PAGE = 20
const LARGEST_PAGE = 5000
/** Where a page turns out too large for D1. */
const SMALLER = 10

/**
 * Reads a remote database page by page, each table within its bound. Tables that only grow come out as of one moment; of others the
 * caller compares sums before and after.
 */
export function remoteSource(reader: Reader, bounds: Bounds = new Map()): RowSource {
  return {
    exact: false,
    query: (sql) => reader.query(sql),
    rows: (table, values, where) =>
      pagesOf(
        reader,
        table,
        values,
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
  values: readonly RowValue[],
  where: string,
): AsyncIterable<Uint8Array> {
  const key = orderOf(table)
  const names = key.map(quoteName).join(', ')
  // Keys come and go as SQL literals: exact for every type, and past 2^53.
  const keyText = concatenated(
    key.flatMap((name, at) => [...(at === 0 ? [] : [`', '`]), `quote(${quoteName(name)})`]),
  )
  const order = key.length === 0 ? '' : `ORDER BY ${names}`
  const expression = tupleOf(values.map(({ literal }) => literal))
  const select = (what: string, after: string, limit: number): Promise<Row[]> =>
    reader.query(
      `SELECT ${what} FROM ${quoteName(table.name)} WHERE ${where || '1'}${after} ${order} LIMIT ${limit}`,
    )
  let limit = key.length === 0 ? -1 : FIRST_PAGE
  let after = ''
  for (;;) {
    let rows: Row[]
    try {
      rows = await select(`${expression} AS tuple, ${keyText || 'NULL'} AS key`, after, limit)
    } catch (error) {
      if (limit < 0 || !isTooLarge(error)) throw error
      if (limit > 1) {
        limit = Math.floor(limit / SMALLER) || 1
        continue
      }
      const here = after
      const [row] = await select(`${keyText} AS key`, here, 1)
      yield await rowInPieces(values, async (what) => (await select(what, here, 1))[0] ?? {})
      after = ` AND (${names}) > (${cellText(row?.['key'])})`
      continue
    }
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

/** Of a row, since its literals are longer than it is, or of all rows of a page together. */
function isTooLarge(error: unknown): boolean {
  if (!(error instanceof RunbookError)) return false
  return error.type === 'LimitReached' || rowOf(error.message, 'remote') === VALUE_TOO_BIG
}

/** A value up to here is asked for as its literal. Bytes. */
const WHOLE = 100_000
/** Two digits each. Bytes. */
const PIECE = 500_000
/** D1 gives a result 100 columns. */
const COLUMNS = 50

/** A row whose literals together are longer than D1 lets a value be: value by value, and a long one piece by piece, as its bytes. */
async function rowInPieces(
  values: readonly RowValue[],
  ask: (what: string) => Promise<Row>,
): Promise<Uint8Array> {
  const literals: string[] = []
  for (let from = 0; from < values.length; from += COLUMNS) {
    const some = values.slice(from, from + COLUMNS)
    const sizes = await ask(
      some
        .map(
          ({ column }, at) => `typeof(${quoteName(column)}) || octet_length(${quoteName(column)}) AS s${at}`,
        )
        .join(', '),
    )
    const long = some.map((_, at) => /^(text|blob)(\d+)$/.exec(cellText(sizes[`s${at}`])))
    const isLong = (at: number): boolean => Number(long[at]?.[2] ?? 0) > WHOLE
    const short = await ask(
      some.map(({ literal }, at) => `${isLong(at) ? 'NULL' : literal} AS v${at}`).join(', '),
    )
    for (const [at, { column }] of some.entries()) {
      if (!isLong(at)) {
        literals.push(cellText(short[`v${at}`]))
        continue
      }
      let digits = ''
      for (let start = 1; start <= Number(long[at]?.[2]); start += PIECE) {
        const piece = await ask(`hex(substr(CAST(${quoteName(column)} AS BLOB), ${start}, ${PIECE})) AS p`)
        digits += cellText(piece['p'])
      }
      literals.push(long[at]?.[1] === 'text' ? `CAST(X'${digits}' AS TEXT)` : `X'${digits}'`)
    }
  }
  return Buffer.from(`(${literals.join(',')})`)
}

/** JSON puts U+FFFD for bytes that are no text; such a row must look invalid, so that the table is read as bytes instead. */
function tupleBytes(row: Row): Uint8Array {
  const tuple = cellText(row['tuple'])
  return tuple.includes('\uFFFD') ? Uint8Array.of(0xff) : Buffer.from(tuple)
}
