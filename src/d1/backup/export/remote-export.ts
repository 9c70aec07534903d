import { defined } from '../../../contract/defined.js'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import { RunbookError } from '../../../contract/failures.js'
import type { DayUsage } from '../../../contract/price.js'
import { rowsAllowed } from '../../../contract/row-allowance.js'
import type { BackupWay, Comparison, TableSummary } from '../../../contract/backup.js'
import { aggregateTables, type Aggregates } from './aggregates.js'
import { boundsOf, numbersNow } from './bounds.js'
import { judgeCopy } from './live-comparison.js'
import { affordableComparison, measureTables, type Measured } from './comparison.js'
import { dumpDatabase } from './dump.js'
import {
  connectionReader,
  exportSqlite,
  summariseFile,
  writeDump,
  type Exported,
  type ExportRequest,
} from './export.js'
import { loadSql } from './load.js'
import { takeInventory } from '../../schema/inventory.js'
import { openReader } from '../../read/open-reader.js'
import type { Reader } from '../../sqlite/reader.js'
import { remoteSource } from './remote-rows.js'
import { demandHours, wayNow } from './way.js'
import { snapshotOf } from '../../schema/snapshot.js'
import type { WrittenFile } from './sql-file.js'
import { demandSuccess, runWrangler } from '../../wrangler/wrangler.js'

/** `wrangler d1 export` waits while D1 prepares the file. */
const EXPORT_TIMEOUT_MS = 55 * 60_000

/**
 * Exports a remote database between two readings of its sums. `export`: `wrangler d1 export --remote`, one moment, during which the
 * database is unavailable. `rows`: page by page, each table up to where it ended at first; nothing waits for it, and it carries virtual
 * tables, integers past 2^53 and line feeds that D1's own export fails on or changes. A database with virtual tables, which D1 does
 * not export, goes by rows whatever `asked` says. Throws `ConfigInvalid` where the hours of exports put it off.
 */
export async function exportRemote(
  request: ExportRequest & {
    onMeasured?: (measured: Measured) => void
    urgent?: boolean
    /** Of the account, where it may be on the free plan. */
    usedToday?: DayUsage
  },
  asked: BackupWay,
): Promise<Exported> {
  const { target, file, signal, onProgress, onRowsRead, onMeasured } = request
  const reader = await openReader(target, {
    ...defined({ signal, onRowsRead }),
  })
  const { ledger, schemaFingerprint } = await snapshotOf(reader, target.migrationsTable)
  const inventory = await takeInventory(reader)
  const { way, exports } = wayNow(target, asked, {
    ...{ virtual: inventory.virtual.length > 0, urgent: request.urgent, now: Date.now() },
  })
  demandHours(exports)
  const numbers = await numbersNow(reader, inventory)
  const allowed = rowsAllowed(target, request.usedToday)
  const sizes = await measureTables(reader, inventory, numbers, allowed)
  const comparison = affordableComparison(sizes, allowed)
  onMeasured?.({ inventory, sizes, comparison, way, ...defined({ exports }) })
  onProgress?.(`exporting ${target.database.name}, ${COMPARED_BY[comparison]}`)
  const bounds = boundsOf(numbers, way)
  const sums = (of: Reader): Promise<Aggregates> => aggregateTables(of, inventory, comparison, bounds)
  const before = await sums(reader)
  const written =
    way === 'rows'
      ? await writeDump(file, (out) => dumpDatabase(remoteSource(reader, bounds), inventory, out, signal))
      : await exportByWrangler(request)
  return {
    ...written,
    ledger,
    schemaFingerprint,
    comparison,
    way,
    compareLive: async (restored) =>
      judgeCopy({ before, copy: await sums(connectionReader(restored)), after: await sums(reader) }, way),
  }
}

const COMPARED_BY: Record<Comparison, string> = {
  values: 'comparing every value with the live database',
  counts: 'comparing row counts only: values would read more rows than it may (backup.maxRowsRead)',
  schema: 'comparing the schema only: row counts would read more rows than it may (backup.maxRowsRead)',
}

/**
 * D1's own export, then written again as ours: its dumps hold children before their parents and statements that D1's engine
 * refuses, so they do not always go back where they come from. What D1 wrote is summed up whole, for the restored copy to be held against.
 */
async function exportByWrangler(
  request: ExportRequest,
): Promise<WrittenFile & { exportMs: number; tables: TableSummary[] }> {
  const { file, signal } = request
  const folder = await mkdtemp(path.join(path.dirname(file), 'wrangler-export-'))
  try {
    const [raw, database] = [path.join(folder, 'raw.sql'), path.join(folder, 'raw.sqlite')]
    const startedAt = performance.now()
    await runExport({ ...request, file: raw })
    const exportMs = Math.round(performance.now() - startedAt)
    await loadSql(raw, database, signal)
    const written = await exportSqlite({ database, file, head: [], ...defined({ signal }) })
    return { ...written, exportMs, tables: await summariseFile(database, signal) }
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
