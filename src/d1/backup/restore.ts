import { constants, existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BackupMetadata, LedgerEntry, TableSummary } from '../../contract/backup.js'
import { RunbookError } from '../../contract/failures.js'
import { scratchFolder } from '../../process/scratch-folder.js'
import { diskFailure } from '../sqlite/disk-failure.js'
import { localDatabaseFile } from '../read/local-file.js'
import type { Opener } from './age.js'
import { ArchiveProblem } from './unpack.js'
import { openBackup, type OpenedBackup } from './validate-backup.js'
import { command, words } from '../../contract/next-command.js'

export interface RestoredDatabase {
  /** Absolute path of a plain SQLite file. */
  database: string
  tables: TableSummary[]
  ledger: LedgerEntry[]
  schemaFingerprint: string
  metadata: BackupMetadata
  durationMs: number
}

export interface RestoredBackup extends RestoredDatabase {
  /** A Wrangler file in the same folder: `wrangler d1 execute NAME --local --persist-to FOLDER --config FILE`. */
  wranglerConfig: string
}

interface RestoreRequest {
  /** The archive. */
  file: string
  /** A folder without a database; made where it is missing. */
  to: string
  /** For one that is sealed. */
  opener?: Opener | undefined
  signal?: AbortSignal
}

/**
 * Restores an archive into the folder `to`: `database.sqlite`, and the same in the layout of Wrangler's local state, each a
 * file of its own (two names of one SQLite file would have two journals). The copy is compared with the archive first.
 * Throws `BackupInvalid` naming every problem, `ArchiveSealed`, `ConfigInvalid` when `to` already holds a database, `DiskFull`.
 */
export async function restoreBackup(request: RestoreRequest): Promise<RestoredBackup> {
  const { to } = request
  const wranglerConfig = join(to, 'wrangler.json')
  const restored = await restore(request, async ({ folder, loaded, metadata }) => {
    const { name, id } = metadata.database
    const copy = join(folder, 'state.sqlite')
    await copyFile(loaded, copy, constants.COPYFILE_FICLONE)
    const state = localDatabaseFile({ persistTo: to, databaseId: id })
    await mkdir(dirname(state), { recursive: true })
    await rename(copy, state)
    await writeFile(wranglerConfig, wranglerFile(name, id))
  })
  return { ...restored, wranglerConfig }
}

/** The same without Wrangler's layout, and so without a second copy: for what opens the file itself. */
export function restoreDatabase(request: RestoreRequest): Promise<RestoredDatabase> {
  return restore(request, () => Promise.resolve())
}

/** `beside` runs once the copy is proven, before it gets its name. */
async function restore(
  { file, to, opener, signal }: RestoreRequest,
  beside: (places: { folder: string; loaded: string; metadata: BackupMetadata }) => Promise<void>,
): Promise<RestoredDatabase> {
  const startedAt = performance.now()
  const database = join(to, 'database.sqlite')
  if (existsSync(database)) {
    throw new RunbookError('ConfigInvalid', `${database} exists already.`, {
      advice: 'Choose an empty folder with --to: a restore never overwrites a database.',
    })
  }
  const { folder, remove } = await scratchFolder('restore', { within: to, hidden: true })
  await removeOldHalves(to)
  try {
    const loaded = join(folder, 'database.sqlite')
    const { unpacked, restored } = await openValid({ file, folder, opener, signal }, loaded)
    const { metadata } = unpacked
    await beside({ folder, loaded, metadata })
    await rename(loaded, database)
    return {
      database,
      tables: restored.tables,
      ledger: restored.ledger,
      schemaFingerprint: restored.schemaFingerprint,
      metadata,
      durationMs: Math.round(performance.now() - startedAt),
    }
  } catch (error) {
    throw diskFailure(error, to)
  } finally {
    await remove()
  }
}

/** Halves of 0.1.0 had this name; none of its restores took a day. */
const OLD_HALF = /^\.restore-\w{6}$/
const DAY_MS = 24 * 60 * 60_000
/** All that such a half can hold: a folder with anything else in it is not ours. */
const IN_A_HALF = new Set(['database.sql', 'database.sqlite', 'database.sqlite-journal', 'state.sqlite'])

/** What a killed restore of an earlier version left there: it is production data, and nobody looks for it. */
async function removeOldHalves(to: string): Promise<void> {
  for (const entry of await readdir(to, { withFileTypes: true })) {
    if (!entry.isDirectory() || !OLD_HALF.test(entry.name)) continue
    const half = join(to, entry.name)
    const isOld = Date.now() - (await stat(half)).mtimeMs > DAY_MS
    if (isOld && (await readdir(half)).every((name) => IN_A_HALF.has(name)))
      await rm(half, { recursive: true, force: true })
  }
}

async function openValid(from: Parameters<typeof openBackup>[0], sqlite: string): Promise<OpenedBackup> {
  const { file } = from
  const opened = await openBackup(from, sqlite).catch((error: unknown) => {
    throw error instanceof ArchiveProblem ? invalid(file, [error.message], error) : error
  })
  if (opened.problems.length > 0) throw invalid(file, opened.problems)
  return opened
}

function invalid(file: string, problems: string[], cause?: unknown): RunbookError {
  return new RunbookError('BackupInvalid', `${file} is no valid backup: ${problems.join(' ')}`, {
    advice: words`Use another archive: ${command('backup validate')} checks them.`,
    cause,
    details: { problems, archive: file },
  })
}

function wranglerFile(name: string, id: string): string {
  const content = {
    name: 'd1-runbook-restored',
    compatibility_date: '2025-01-01',
    d1_databases: [{ binding: 'DB', database_name: name, database_id: id }],
  }
  return `${JSON.stringify(content, null, 2)}\n`
}
