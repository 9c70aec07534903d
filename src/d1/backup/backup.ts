import { defined } from '../../contract/defined.js'
import { fileSha256 } from '../../process/file-sha256.js'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupMetadata, BackupRecord, BackupWay, MovedTable } from '../../contract/backup.js'
import { RunbookError } from '../../contract/failures.js'
import type { Price } from '../../contract/price.js'
import type { MigrationRef, Target } from '../../contract/target.js'
import type { Store } from '../../store/store.js'
import { writeArchive, type ArchiveTexts } from './archive.js'
import { demandRecipients } from './age.js'
import { archivesOf } from './archives-of.js'
import { exportLocal, type Exported, type ExportRequest } from './export/export.js'
import type { Measured } from './export/comparison.js'
import { backupPrice, lastExport, usedOfDay } from './price.js'
import { exportRemote } from './export/remote-export.js'
import type { Hold } from './holds.js'
import { pruneDocuments } from './document-retention.js'
import { pruneBackups } from './retention.js'
import { sealArchive } from './seal.js'
import { openSqlite } from '../sqlite/sqlite.js'
import { compareSummaries } from './export/summary.js'
import { readBookmark } from '../apply/time-travel.js'
import { unpackArchive } from './unpack.js'
import type { Restored } from './verify.js'
import { verifyInOwnProcess } from './verify-in-own-process.js'
import { findWrangler } from '../wrangler/wrangler.js'

export { restoreBackup } from './restore.js'
export { archivesOf } from './archives-of.js'
export { sealArchives, unsealArchive } from './seal.js'
export { readIdentities } from './age.js'
export { listArchives, newestBackup } from './retention.js'
export { validateBackup, type Validation } from './validate-backup.js'

export interface BackupRequest {
  target: Target
  /** Of the target, where it has one. */
  store?: Store | undefined
  /** Migration files of the project, for the record. */
  files: MigrationRef[]
  /** Archives of this database to keep, at least 1, besides those that runs hold. */
  keep: number
  /** The run that makes it, and what it named before: they are left alone until the run ends. */
  held?: Hold
  signal?: AbortSignal
  onProgress?: (message: string) => void
  /** Before a way back: it is not put off to the hours of exports, but read by rows outside of them. */
  urgent?: boolean
  /** Told once of what it will cost, before most of that is spent. Remote only. */
  onPrice?: (price: Price) => void
}

/**
 * Exports the database, restores the export, compares the copy with it and with the live side, and only then gives the archive its
 * name; seals it where the target says to whom, unless a run holds it; removes archives beyond `keep`, and documents of runs and unused bundles in a store. Throws `BackupUnfaithful` when the export cannot carry the data (and says what),
 * `BackupInvalid`, `DiskFull`, `DatabaseLocked`, and what reading throws. Leaves nothing behind when it fails.
 */
export async function createBackup(request: BackupRequest): Promise<BackupRecord> {
  const { target, store, keep, held, signal } = request
  const startedAt = performance.now()
  const archives = archivesOf(target, store)
  if (target.backupRecipients !== undefined) await demandRecipients(target.backupRecipients)
  return archives.atDesk(async (folder) => {
    const built = await buildArchive(request, folder)
    const { metadata } = built
    // A run's own is sealed when it ends: until then its steps read it.
    const recipients = held === undefined ? target.backupRecipients : undefined
    if (recipients !== undefined) request.onProgress?.('sealing')
    const archive =
      recipients === undefined
        ? built.archive
        : await sealArchive(built.archive, { folder, recipients, ...defined({ signal }) })
    const [sha256, { size: sizeBytes }] = [await fileSha256(archive, signal), await stat(archive)]
    const file = await archives.publish(archive, held, signal)
    await pruneBackups({ archives, keep, verified: file })
    if (store !== undefined) {
      await pruneDocuments({ store, environment: target.environment, keep })
    }
    return {
      ...{ file, sha256, sizeBytes },
      createdAt: metadata.createdAt,
      verified: true,
      ...defined({ bookmark: metadata.bookmark }),
      tables: metadata.tables,
      schemaFingerprint: metadata.schemaFingerprint,
      ...defined({
        comparison: metadata.comparison,
        way: metadata.way,
        moved: metadata.moved,
        exportMs: metadata.exportMs,
        rowsRead: metadata.rowsRead,
        sealedTo: recipients,
      }),
      durationMs: Math.round(performance.now() - startedAt),
    }
  })
}

interface Built {
  archive: string
  metadata: BackupMetadata
}

/** Rows that D1 read over all attempts. */
interface Bill {
  rowsRead: number
}

/** How often an unfit copy of a remote database is taken again: writers may have come between its rows. */
const TRIES = 3

/** Pauses while somebody's export or import holds the database, each twice the one before: eight minutes in all. Milliseconds. */
const FIRST_PAUSE_MS = 2000
const LONGEST_PAUSE_MS = 256_000

function isHeld(error: unknown): error is RunbookError {
  return error instanceof RunbookError && error.type === 'DatabaseLocked'
}

/** A remote export that turns out wrong is taken again by rows, unless the configuration wants one way only. */
async function buildArchive(request: BackupRequest, folder: string): Promise<Built> {
  const bill: Bill = { rowsRead: 0 }
  if (!request.target.database.remote) return attempt(request, folder, exportLocal, bill)
  const wanted = request.target.backupWay ?? 'auto'
  const { onPrice, urgent } = request
  const usedToday = await usedOfDay(request.target)
  const last = onPrice === undefined ? undefined : await lastExport(request.target)
  let onMeasured: ((measured: Measured) => void) | undefined = (measured) => {
    onMeasured = undefined
    onPrice?.(backupPrice(measured, { last, usedToday }))
  }
  let way: BackupWay = wanted === 'rows' ? 'rows' : 'export'
  for (let tries = 1, pauseMs = FIRST_PAUSE_MS; ;) {
    try {
      const current = way
      return await attempt(
        request,
        folder,
        (exportRequest) =>
          exportRemote({ ...exportRequest, ...defined({ onMeasured, urgent, usedToday }) }, current),
        bill,
      )
    } catch (error) {
      if (isHeld(error) && pauseMs <= LONGEST_PAUSE_MS) {
        request.onProgress?.(`${error.message} Waiting ${pauseMs / 1000} s for it.`)
        await sleep(pauseMs, undefined, defined({ signal: request.signal })).catch(() => undefined)
        request.signal?.throwIfAborted()
        pauseMs *= 2
        continue
      }
      const unfit = error instanceof RunbookError && /^Backup(?:Unfaithful|Invalid)$/.test(error.type)
      if (!unfit || tries >= TRIES) throw error
      tries += 1
      if (wanted === 'auto') way = 'rows'
      request.onProgress?.(`${error.message} Taking it again${way === 'rows' ? ' by rows' : ''}.`)
    }
  }
}

async function attempt(
  request: BackupRequest,
  root: string,
  exportWith: (exportRequest: ExportRequest) => Promise<Exported>,
  bill: Bill,
): Promise<Built> {
  const { target, files, signal, onProgress } = request
  const folder = await mkdtemp(join(root, 'attempt-'))
  const { version } = await findWrangler(target.projectDir)
  const bookmark = target.database.remote ? await readBookmark(target) : {}
  if (!target.database.remote) onProgress?.(`exporting ${target.database.name}`)
  // What is written from here on may be missing in the export: the archive vouches for nothing later.
  const createdAt = new Date().toISOString()
  const sqlFile = join(folder, 'database.sql')
  const exported = await exportWith({
    target,
    file: sqlFile,
    onRowsRead: (rows) => (bill.rowsRead += rows),
    ...defined({ signal, onProgress }),
  })

  onProgress?.('restoring and comparing')
  const archive = join(folder, 'archive.zip')
  const texts = verifyExport(target, exported, sqlFile, join(folder, 'restored.sqlite'), signal).then(
    ({ restored, moved }): ArchiveTexts => ({
      metadata: {
        version: 1,
        createdAt,
        environment: target.environment,
        database: { name: target.database.name, id: target.database.id },
        wranglerVersion: version,
        sha256: exported.sha256,
        sizeBytes: exported.sizeBytes,
        tables: restored.tables,
        schemaFingerprint: restored.schemaFingerprint,
        ...bookmark,
        comparison: exported.comparison,
        ...defined({ way: exported.way, moved, exportMs: exported.exportMs }),
        ...(target.database.remote ? { rowsRead: bill.rowsRead } : {}),
        restore: restored.restore,
      },
      state: {
        // Of the copy, not of the reading before it: somebody may have applied a file in between.
        ledger: restored.ledger,
        files: files.map(({ name, sha256 }) => ({ name, sha256 })),
        migrationsTable: target.migrationsTable,
      },
    }),
  )
  await writeArchive(archive, sqlFile, texts)

  onProgress?.('reading the archive back')
  // Unpacking once more proves the bytes that will be kept, not those that were meant.
  await rm(sqlFile, { force: true })
  await unpackArchive(archive, sqlFile, signal)
  return { archive, metadata: (await texts).metadata }
}

/** Restores the export and compares it with the live side. */
async function verifyExport(
  target: Target,
  exported: Exported,
  sqlFile: string,
  sqliteFile: string,
  signal: AbortSignal | undefined,
): Promise<{ restored: Restored; moved: MovedTable[] | undefined }> {
  const { migrationsTable } = target
  const restored = await verifyInOwnProcess(
    { sqlFile, sqliteFile, migrationsTable, engine: 'd1' },
    { signal },
  )
  const problems: string[] = []
  if (exported.schemaFingerprint !== restored.schemaFingerprint) {
    problems.push('The schema of the restored copy is not that of the database.')
  }
  if (exported.tables !== undefined) {
    const sides = {
      expected: exported.way === undefined ? 'the database' : "D1's export",
      found: 'the restored copy',
    }
    problems.push(...compareSummaries(exported.tables, restored.tables, sides))
  }
  let moved: MovedTable[] | undefined
  if (exported.compareLive !== undefined) {
    const copy = openSqlite(sqliteFile, { readOnly: true })
    try {
      const live = await exported.compareLive(copy)
      problems.push(...live.problems)
      if (exported.comparison !== 'schema') moved = live.moved
    } finally {
      copy.close()
    }
  }
  if (restored.restore.integrityCheck !== 'ok') {
    problems.push(`The restored copy is not intact: ${restored.restore.integrityCheck}.`)
  }
  if (problems.length === 0) return { restored, moved }
  throw new RunbookError(
    'BackupUnfaithful',
    `The backup does not carry the database faithfully: ${problems.join(' ')}`,
    {
      advice: 'Do not migrate. Keep a Time Travel bookmark, and change or drop the objects named above.',
      details: { problems },
    },
  )
}
