import { defined } from '../../../contract/defined.js'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { RunbookError } from '../../../contract/failures.js'
import type { Comparison } from '../../../contract/backup.js'
import { aggregateTables, differingTables, type Aggregates } from './aggregates.js'
import { affordableComparison } from './comparison.js'
import { dumpDatabase } from './dump.js'
import { connectionReader, exportSqlite, writeDump, type Exported, type ExportRequest } from './export.js'
import { loadSql } from './load.js'
import { takeInventory, type Inventory } from '../../schema/inventory.js'
import { openReader } from '../../read/open-reader.js'
import type { Reader } from '../../sqlite/reader.js'
import { remoteSource } from './remote-rows.js'
import { snapshotOf } from '../../schema/snapshot.js'
import type { WrittenFile } from './sql-file.js'
import { demandSuccess, runWrangler } from '../../wrangler/wrangler.js'

/** `wrangler d1 export` waits while D1 prepares the file. */
const EXPORT_TIMEOUT_MS = 55 * 60_000

/**
 * `wrangler`: `wrangler d1 export --remote`, one consistent moment. `rows`: page by page through the reader; carries virtual
 * tables, integers past 2^53 and line feeds that D1's own export fails on or changes.
 */
export type RemoteWay = 'wrangler' | 'rows'

/**
 * Exports a remote database between two readings of its sums, which tell a table that changed meanwhile from an export
 * that is wrong. A database with virtual tables, which D1 does not export, goes by rows whatever `way` says.
 */
export async function exportRemote(request: ExportRequest, way: RemoteWay): Promise<Exported> {
  const { target, file, signal, onProgress, onRowsRead } = request
  const reader = await openReader(target, {
    ...defined({ signal, onRowsRead }),
  })
  const { ledger, schemaFingerprint } = await snapshotOf(reader, target.migrationsTable)
  const inventory = await takeInventory(reader)
  const comparison = await affordableComparison(reader, inventory, target.backupMaxRowsRead)
  onProgress?.(COMPARED_BY[comparison])
  const before = await aggregateTables(reader, inventory, comparison)
  const written =
    way === 'rows' || inventory.virtual.length > 0
      ? await writeDump(file, (out) => dumpDatabase(remoteSource(reader), inventory, out, signal))
      : await exportByWrangler(request)
  return {
    ...written,
    ledger,
    schemaFingerprint,
    comparison,
    compareLive: (restored) =>
      compareLive({ live: reader, inventory, comparison, before, copy: connectionReader(restored) }),
  }
}

const COMPARED_BY: Record<Comparison, string> = {
  values: 'comparing every value with the live database; D1 bills the rows that this reads',
  counts: 'comparing row counts only: values would read more rows than backup.maxRowsRead allows',
  schema: 'comparing the schema only: row counts would read more rows than backup.maxRowsRead allows',
}

/**
 * D1's own export, then written again as ours: its dumps hold children before their parents and statements that D1's engine
 * refuses, so they do not always go back where they come from.
 */
async function exportByWrangler(request: ExportRequest): Promise<WrittenFile> {
  const { file, signal } = request
  const folder = await mkdtemp(path.join(path.dirname(file), 'wrangler-export-'))
  try {
    const [raw, database] = [path.join(folder, 'raw.sql'), path.join(folder, 'raw.sqlite')]
    await runExport({ ...request, file: raw })
    await loadSql(raw, database, signal)
    return await exportSqlite({ database, file, head: [], ...defined({ signal }) })
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function runExport({ target, file, signal, onProgress }: ExportRequest): Promise<void> {
  const what = `Export of ${target.database.name}`
  const result = await runWrangler({
    target,
    args: ['d1', 'export', target.database.name, '--output', file],
    timeoutMs: EXPORT_TIMEOUT_MS,
    ...defined({ signal, onLine: onProgress }),
  })
  signal?.throwIfAborted()
  demandSuccess(result, what)
  if (!existsSync(file)) {
    throw new RunbookError('OutcomeUnknown', `${what} wrote no file although Wrangler reported success.`, {
      advice: 'The export is tried again by itself.',
    })
  }
}

/** Throws `BackupUnfaithful` with `details.moving` when tables changed meanwhile: the export itself may be right. */
async function compareLive(sides: {
  live: Reader
  copy: Reader
  inventory: Inventory
  comparison: Comparison
  before: Aggregates
}): Promise<string[]> {
  const { live, copy, inventory, comparison, before } = sides
  const wrong = differingTables(before, await aggregateTables(copy, inventory, comparison))
  const moved = new Set(differingTables(before, await aggregateTables(live, inventory, comparison)))
  const moving = wrong.filter((name) => moved.has(name))
  if (moving.length > 0) {
    throw new RunbookError('BackupUnfaithful', `${moving.join(', ')} changed while being exported.`, {
      advice: 'Make the backup when less is written, or stop the writers for its time.',
      details: { moving },
    })
  }
  return wrong.map((name) => `Table ${name} is not in the export as it is in the database.`)
}
