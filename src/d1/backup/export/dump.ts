import { isUtf8 } from 'node:buffer'
import { setImmediate as breathe } from 'node:timers/promises'
import { virtualContent, type Inventory, type TableShape } from '../../schema/inventory.js'
import { insertTuple, type TextForm } from './row-codec.js'
import type { SqlFile } from './sql-file.js'
import { quoteName, quoteText } from '../../sqlite/sqlite.js'
import { ROWS_A_BREATH } from './summary.js'

/** Where a dump takes its rows from: a local file, or a remote database page by page. */
export interface RowSource {
  /** The functions for exact reals exist there. */
  exact: boolean
  /** `expression` (text) for every row of the table, as UTF-8 bytes. */
  rows(table: TableShape, expression: string): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  /** Rows of a small table. */
  query(sql: string): Promise<Record<string, unknown>[]>
}

/** A statement stays below D1's limit of 100 KB where its rows allow it. */
const STATEMENT_BYTES = 64 * 1024

/**
 * Writes the database as SQL that both SQLite and D1 accept: tables and rows, sequences, virtual tables, then indexes and
 * views, triggers last so that none fires and each finds its view. Text with U+0000, invalid UTF-8, integers past 2^53, reals to
 * the last bit and the rows' own numbers survive. Throws `BackupUnfaithful` for what SQL cannot carry.
 */
export async function dumpDatabase(
  source: RowSource,
  inventory: Inventory,
  out: SqlFile,
  signal?: AbortSignal,
): Promise<void> {
  out.write('PRAGMA defer_foreign_keys=TRUE;\n')
  // Every table before any row: D1 has foreign keys always on, and refuses a row whose parent table is not there yet.
  for (const table of inventory.tables) out.write(`${table.sql};\n`)
  for (const table of inventory.tables) await dumpRows(source, table, out, signal)
  if (inventory.sequences) await dumpSequences(source, out)
  for (const table of inventory.virtual) await dumpVirtual(source, table, out, signal)
  for (const { sql } of [...inventory.indexes, ...inventory.views, ...inventory.triggers])
    out.write(`${sql};\n`)
}

async function dumpRows(
  source: RowSource,
  table: TableShape,
  out: SqlFile,
  signal?: AbortSignal,
): Promise<void> {
  const mark = await out.mark()
  if (await tryRows(source, table, out, 'quoted', signal)) return
  await out.rewind(mark)
  await tryRows(source, table, out, 'hex', signal)
}

/** False: a text is not valid UTF-8, and this form would change it. */
async function tryRows(
  source: RowSource,
  table: TableShape,
  out: SqlFile,
  form: TextForm,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const columns = table.rowid === undefined ? table.stored : [table.rowid, ...table.stored]
  const head = `INSERT INTO ${quoteName(table.name)} (${columns.map(quoteName).join(',')}) VALUES\n`
  let bytes = 0
  let rows = 0
  for await (const tuple of source.rows(table, insertTuple(columns, form, source.exact))) {
    if (form === 'quoted' && !isUtf8(tuple)) return false
    const joins = bytes > 0 && bytes + tuple.byteLength < STATEMENT_BYTES
    if (joins) out.write(',\n')
    else {
      out.write(bytes > 0 ? `;\n${head}` : head)
      bytes = 0
    }
    bytes += tuple.byteLength + 2
    if (out.write(tuple)) await out.flush()
    rows += 1
    if (rows % ROWS_A_BREATH === 0) {
      await breathe()
      signal?.throwIfAborted()
    }
  }
  if (bytes > 0) out.write(';\n')
  return true
}

async function dumpSequences(source: RowSource, out: SqlFile): Promise<void> {
  const rows = await source.query('SELECT name, CAST(seq AS TEXT) AS seq FROM sqlite_sequence ORDER BY name')
  out.write('DELETE FROM sqlite_sequence;\n')
  for (const { name, seq } of rows) {
    out.write(
      `INSERT INTO sqlite_sequence (name, seq) VALUES (${quoteText(String(name))}, ${String(seq)});\n`,
    )
  }
}

async function dumpVirtual(
  source: RowSource,
  table: TableShape,
  out: SqlFile,
  signal?: AbortSignal,
): Promise<void> {
  const content = virtualContent(table)
  out.write(`${table.sql};\n`)
  if (content === 'rows') await dumpRows(source, table, out, signal)
  if (content === 'rebuild') {
    const name = quoteName(table.name)
    out.write(`INSERT INTO ${name} (${name}) VALUES ('rebuild');\n`)
  }
}
