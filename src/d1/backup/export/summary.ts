import { setImmediate as breathe } from 'node:timers/promises'
import type { DatabaseSync } from 'node:sqlite'
import type { TableSummary } from '../../../contract/backup.js'
import { RowChecksum } from './checksum.js'
import type { Inventory, TableShape } from '../../schema/inventory.js'
import { addRowFunctions, canonicalRow } from './row-codec.js'
import { eachRow, quoteName } from '../../sqlite/sqlite.js'
import { grouped } from '../../../contract/number.js'

/** Rows between two breaths of the event loop: heartbeats go on while a big table is read. */
export const ROWS_A_BREATH = 2000

/** Tables whose content a backup must bring back; a view on an index, such as `fts5vocab`, has none of its own. */
export function comparedTables({ tables, virtual }: Inventory): TableShape[] {
  return [...tables, ...virtual.filter(({ module }) => module !== 'fts5vocab')]
}

/** Rows and checksum of every table. Reads everything once, in constant memory. */
export async function summarise(
  database: DatabaseSync,
  inventory: Inventory,
  signal?: AbortSignal,
): Promise<TableSummary[]> {
  addRowFunctions(database)
  const summaries: TableSummary[] = []
  for (const table of comparedTables(inventory)) summaries.push(await summariseTable(database, table, signal))
  return summaries
}

async function summariseTable(
  database: DatabaseSync,
  table: TableShape,
  signal?: AbortSignal,
): Promise<TableSummary> {
  const checksum = new RowChecksum()
  const rows = database.prepare(`SELECT ${canonicalRow(table)} AS row FROM ${quoteName(table.name)}`)
  for (const { row } of eachRow(rows)) {
    checksum.add(row as Uint8Array)
    if (checksum.rows % ROWS_A_BREATH === 0) {
      await breathe()
      signal?.throwIfAborted()
    }
  }
  return { name: table.name, rows: checksum.rows, checksum: checksum.digest() }
}

/** What differs between two summaries, one sentence each; `expected` and `found` name the sides. */
export function compareSummaries(
  expected: TableSummary[],
  found: TableSummary[],
  sides: { expected: string; found: string },
): string[] {
  const problems: string[] = []
  for (const { name, rows, checksum } of expected) {
    const other = found.find((table) => table.name === name)
    if (other === undefined) problems.push(`Table ${name} is missing in ${sides.found}.`)
    else if (other.rows !== rows) {
      problems.push(
        `Table ${name} has ${grouped(rows)} rows in ${sides.expected} and ${grouped(other.rows)} in ${sides.found}.`,
      )
    } else if (other.checksum !== checksum) {
      problems.push(
        `Table ${name} has other values in ${sides.found} than in ${sides.expected} (same ${grouped(rows)} rows).`,
      )
    }
  }
  for (const { name } of found) {
    if (!expected.some((table) => table.name === name)) {
      problems.push(`Table ${name} is in ${sides.found} but not in ${sides.expected}.`)
    }
  }
  return problems
}
