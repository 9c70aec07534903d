import { guard, sqliteFailure } from '../../sqlite/disk-failure.js'
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { BackupWay, Comparison, LedgerEntry, TableSummary } from '../../../contract/backup.js'
import type { Target } from '../../../contract/target.js'
import { dumpDatabase, type RowSource } from './dump.js'
import type { LiveComparison } from './live-comparison.js'
import { takeInventory } from '../../schema/inventory.js'
import { targetFile } from '../../read/local-reader.js'
import type { Reader } from '../../sqlite/reader.js'
import { addRowFunctions, tupleOf } from './row-codec.js'
import { orderOf } from './row-order.js'
import { snapshotOf } from '../../schema/snapshot.js'
import { SqlFile, type WrittenFile } from './sql-file.js'
import { eachRow, openSqlite, quoteName, type Row } from '../../sqlite/sqlite.js'
import { summarise } from './summary.js'

/** An export, and what the database itself says of the moment at which it was taken. */
export interface Exported extends WrittenFile {
  ledger: LedgerEntry[]
  schemaFingerprint: string
  /** Rows and checksums of the moment that was exported. Absent for rows that were read page by page, which are of no one moment. */
  tables?: TableSummary[]
  /** How closely the copy is compared with the live side. */
  comparison: Comparison
  /** Remote only. */
  way?: BackupWay
  /** How long D1's own export took. Milliseconds. */
  exportMs?: number
  /** Holds the restored copy against the live database, which SQL adds up. Remote only. */
  compareLive?: (restored: DatabaseSync) => Promise<LiveComparison>
}

export interface ExportRequest {
  target: Target
  /** `database.sql` to write. Must not exist. */
  file: string
  signal?: AbortSignal
  onProgress?: (message: string) => void
  /** Told of the rows that D1 reads for it, which it bills. */
  onRowsRead?: (rows: number) => void
}

/**
 * Exports a local database from one read transaction on its file: a consistent moment, also while others write, with no
 * copy. Not by `wrangler d1 export`, which fails on virtual tables and rounds integers past 2^53.
 */
export async function exportLocal({ target, file, signal }: ExportRequest): Promise<Exported> {
  const source = targetFile(target)
  const database = guard(source, () =>
    existsSync(source) ? openSqlite(source, { readOnly: true }) : openSqlite(':memory:'),
  )
  try {
    guard(source, () => database.exec('BEGIN; SELECT count(*) FROM sqlite_schema'))
    const reader = connectionReader(database)
    const inventory = await takeInventory(reader)
    const { ledger, schemaFingerprint } = await snapshotOf(reader, target.migrationsTable)
    const written = await writeDump(file, (out) =>
      dumpDatabase(connectionSource(database), inventory, out, signal),
    )
    const tables = await summarise(database, inventory, signal)
    return { ...written, ledger, schemaFingerprint, tables, comparison: 'values' }
  } catch (error) {
    throw sqliteFailure(source, error)
  } finally {
    database.close()
  }
}

export async function writeDump(file: string, dump: (out: SqlFile) => Promise<void>): Promise<WrittenFile> {
  const out = await SqlFile.create(file)
  try {
    await dump(out)
  } catch (error) {
    await out.abandon()
    throw error
  }
  return out.close()
}

/** A reader on a connection that somebody else opened and closes. */
export function connectionReader(database: DatabaseSync): Reader {
  return {
    query: (sql, params = []) => Promise.resolve().then(() => database.prepare(sql).all(...params) as Row[]),
    close: () => Promise.resolve(),
  }
}

function connectionSource(database: DatabaseSync): RowSource {
  addRowFunctions(database)
  return {
    exact: true,
    *rows(table, values, where) {
      const expression = tupleOf(values.map(({ literal }) => literal))
      const key = orderOf(table).map(quoteName).join(', ')
      const sql = `SELECT CAST(${expression} AS BLOB) AS tuple FROM ${quoteName(table.name)}${where === undefined ? '' : ` WHERE ${where}`}${key === '' ? '' : ` ORDER BY ${key}`}`
      for (const { tuple } of eachRow(database.prepare(sql))) yield tuple as Uint8Array
    },
    query: (sql) => connectionReader(database).query(sql),
  }
}

/** Writes an SQLite file that nobody else uses as SQL, behind `head` (statements without their semicolons). */
export async function exportSqlite(request: {
  database: string
  file: string
  head: string[]
  signal?: AbortSignal
}): Promise<WrittenFile> {
  const database = openSqlite(request.database, { readOnly: true })
  try {
    const inventory = await takeInventory(connectionReader(database))
    return await writeDump(request.file, async (out) => {
      for (const statement of request.head) out.write(`${statement};\n`)
      await dumpDatabase(connectionSource(database), inventory, out, request.signal)
    })
  } finally {
    database.close()
  }
}

/** Rows and checksums of an SQLite file that nobody else uses. */
export async function summariseFile(file: string, signal?: AbortSignal): Promise<TableSummary[]> {
  const database = openSqlite(file, { readOnly: true })
  try {
    return await summarise(database, await takeInventory(connectionReader(database)), signal)
  } finally {
    database.close()
  }
}
