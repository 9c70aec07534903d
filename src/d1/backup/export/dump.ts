import { isUtf8 } from 'node:buffer'
import { setImmediate as breathe } from 'node:timers/promises'
import { virtualContent, type Inventory, type TableShape } from '../../schema/inventory.js'
import { LongRows } from './long-rows.js'
import { literalOf, type TextForm } from './row-codec.js'
import { orderOf, rowOrder, type LaterKey } from './row-order.js'
import type { SqlFile } from './sql-file.js'
import { InsertRoom } from '../../sql/insert-room.js'
import { quoteName, quoteText } from '../../sqlite/sqlite.js'
import { ROWS_A_BREATH } from './summary.js'

/** Where a dump takes its rows from: a local file, or a remote database page by page. */
export interface RowSource {
  /** The functions for exact reals exist there. */
  exact: boolean
  /** `(value,value)` for every row of the table in the order of its key, or for those of `where`, as UTF-8 bytes. */
  rows(
    table: TableShape,
    values: readonly RowValue[],
    where?: string,
  ): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
  /** Rows of a small table. */
  query(sql: string): Promise<Record<string, unknown>[]>
}

/** A column, and SQL that gives its value in a row as a literal. */
export interface RowValue {
  column: string
  literal: string
}

/**
 * Writes the database as SQL that both SQLite and D1 accept, also where each statement stands for itself: all tables, then
 * rows with parents before children, sequences, virtual tables, then indexes and views, triggers last so that none fires and
 * each finds its view. No statement is longer, or a longer program, than D1's engine takes. Text with U+0000, invalid UTF-8,
 * integers past 2^53, reals to the last bit and the rows' own numbers survive. Throws `BackupUnfaithful` for what SQL cannot
 * carry.
 */
export async function dumpDatabase(
  source: RowSource,
  inventory: Inventory,
  out: SqlFile,
  signal?: AbortSignal,
): Promise<void> {
  // For a ring of keys that may not be NULL; the first has effect within a transaction, the second outside of one.
  out.write('PRAGMA defer_foreign_keys=TRUE;\nPRAGMA foreign_keys=OFF;\n')
  // Every table before any row: D1 has foreign keys always on, and refuses a row whose parent table is not there yet.
  for (const table of inventory.tables) out.write(`${table.sql};\n`)
  const dump: Dump = { source, out, longRows: new LongRows(freeName(inventory)), signal }
  const ordered = rowOrder(inventory.tables)
  for (const { table, later } of ordered) await dumpRows(dump, table, later)
  for (const { table, later } of ordered) await dumpLaterKeys(dump, table, later)
  if (inventory.sequences) await dumpSequences(source, out)
  for (const table of inventory.virtual) await dumpVirtual(dump, table)
  for (const statement of dump.longRows.end()) out.write(`${statement};\n`)
  for (const { sql } of [...inventory.indexes, ...inventory.views, ...inventory.triggers])
    out.write(`${sql};\n`)
  out.write('PRAGMA foreign_keys=ON;\n')
}

const MOST_COLUMNS = 100

interface Dump {
  source: RowSource
  out: SqlFile
  longRows: LongRows
  signal: AbortSignal | undefined
}

function freeName({ tables, virtual, views }: Inventory): string {
  const taken = new Set([...tables, ...virtual, ...views].map(({ name }) => name.toLowerCase()))
  let name = '__long_values'
  while (taken.has(name)) name += '_'
  return name
}

async function dumpRows(dump: Dump, table: TableShape, later: LaterKey[] = []): Promise<void> {
  const mark = await dump.out.mark()
  if (await tryRows(dump, table, later, 'quoted')) return
  await dump.out.rewind(mark)
  await tryRows(dump, table, later, 'hex')
}

/** False: a text is not valid UTF-8, and this form would change it. */
async function tryRows(dump: Dump, table: TableShape, later: LaterKey[], form: TextForm): Promise<boolean> {
  const { source, out, longRows } = dump
  const { rowid, stored } = table
  // D1 takes 100 values a row: the rows of a table of 100 columns are numbered anew, in the same order.
  const columns = rowid === undefined || stored.length >= MOST_COLUMNS ? stored : [rowid, ...stored]
  const head = `INSERT INTO ${quoteName(table.name)} (${columns.map(quoteName).join(',')}) VALUES\n`
  const values = columns.map((column) => ({ column, literal: valueOf(column, later, form, source.exact) }))
  const room = new InsertRoom(columns.length)
  const pace = breathing(dump.signal)
  let open = false
  for await (const tuple of source.rows(table, values)) {
    if (form === 'quoted' && !isUtf8(tuple)) return false
    if (LongRows.tooLong(head, tuple)) {
      if (open) out.write(';\n')
      open = false
      room.close()
      for (const statement of longRows.statements(head, tuple)) {
        out.write(statement)
        if (out.write(';\n')) await out.flush()
      }
    } else {
      const joins = room.take(tuple.byteLength + 2)
      out.write(joins ? ',\n' : `${open ? ';\n' : ''}${head}`)
      open = true
      if (out.write(tuple)) await out.flush()
    }
    await pace()
  }
  if (open) out.write(';\n')
  return true
}

/** NULL in the place of a key whose parent comes later. */
function valueOf(name: string, later: LaterKey[], form: TextForm, exact: boolean): string {
  const literal = literalOf(quoteName(name), form, exact)
  const conditions = later.filter(({ column }) => column === name).map(({ condition }) => condition)
  return conditions.length === 0
    ? literal
    : `CASE WHEN ${conditions.join(' OR ')} THEN 'NULL' ELSE ${literal} END`
}

/** Many rows a statement: one for each would take D1 an hour for what these take it a second. */
async function dumpLaterKeys(dump: Dump, table: TableShape, later: LaterKey[]): Promise<void> {
  const { source, out } = dump
  const pace = breathing(dump.signal)
  const name = quoteName(table.name)
  const known = orderOf(table)
  for (const { column, condition } of later) {
    const key = known.length > 0 ? known : table.stored.filter((other) => other !== column)
    const met = key.map((part, at) => `${name}.${quoteName(part)} IS given.column${at + 2}`).join(' AND ')
    const head = `UPDATE ${name} SET ${quoteName(column)} = given.column1 FROM (VALUES\n`
    const tail = `) AS given WHERE ${met};\n`
    const values = [column, ...key].map((part) => ({
      column: part,
      literal: literalOf(quoteName(part), 'hex', source.exact),
    }))
    const room = new InsertRoom(key.length + 1)
    let open = false
    for await (const tuple of source.rows(table, values, condition)) {
      const joins = room.take(tuple.byteLength + 2)
      out.write(joins ? ',\n' : `${open ? tail : ''}${head}`)
      open = true
      if (out.write(tuple)) await out.flush()
      await pace()
    }
    if (open) out.write(tail)
  }
}

/** Lets heartbeats through, and ends where it is asked to. */
function breathing(signal: AbortSignal | undefined): () => Promise<void> {
  let rows = 0
  return async () => {
    rows += 1
    if (rows % ROWS_A_BREATH !== 0) return
    await breathe()
    signal?.throwIfAborted()
  }
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

async function dumpVirtual(dump: Dump, table: TableShape): Promise<void> {
  const { out } = dump
  const content = virtualContent(table)
  out.write(`${table.sql};\n`)
  if (content === 'rows') await dumpRows(dump, table)
  if (content === 'rebuild') {
    const name = quoteName(table.name)
    out.write(`INSERT INTO ${name} (${name}) VALUES ('rebuild');\n`)
  }
}
