import { rm } from 'node:fs/promises'
import { DEFAULT_LEDGER } from '../../contract/names.js'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scratchFolder } from '../../process/scratch-folder.js'
import type { BackupMetadata } from '../../contract/backup.js'
import { RunbookError } from '../../contract/failures.js'
import { diskFailure } from '../sqlite/disk-failure.js'
import type { Opener } from './age.js'
import { compareSummaries } from './export/summary.js'
import { ArchiveProblem, readWhole, unpackArchive, type Unpacked } from './unpack.js'
import type { Restored } from './verify.js'
import { verifyInOwnProcess } from './verify-in-own-process.js'

export interface Validation {
  /** Null: nothing wrong was found, and the content could not be looked at. */
  valid: boolean | null
  /** `sealed`: without the key, all that could be compared is the sealed bytes with their own sum. */
  content: 'compared' | 'sealed'
  /** One sentence each; empty when valid. */
  problems: string[]
  metadata: BackupMetadata | null
  durationMs: number
}

/** Restores the archive into a throw-away file and compares the result with its metadata: only that makes it a backup. */
export async function validateBackup({
  file,
  opener,
  signal,
}: {
  file: string
  /** For one that is sealed. */
  opener?: Opener | undefined
  signal?: AbortSignal
}): Promise<Validation> {
  const startedAt = performance.now()
  const { folder, remove } = await scratchFolder('validate')
  let metadata: BackupMetadata | null = null
  let problems: string[]
  let content: Validation['content'] = 'compared'
  try {
    metadata = (await unpackArchive(file)).metadata
    if (metadata.sealed !== undefined && opener === undefined) {
      content = 'sealed'
      await readWhole(file, folder, signal)
      problems = []
    } else {
      const restored = join(folder, 'restored.sqlite')
      problems = (await openBackup({ file, folder, opener, signal }, restored)).problems
    }
  } catch (error) {
    signal?.throwIfAborted()
    problems = [problemOf(error)]
  } finally {
    await remove()
  }
  return {
    valid: problems.length > 0 ? false : content === 'sealed' ? null : true,
    content,
    problems,
    metadata,
    durationMs: Math.round(performance.now() - startedAt),
  }
}

export interface OpenedBackup {
  unpacked: Unpacked
  restored: Restored
  problems: string[]
}

/** Unpacks into `folder`, restores into `sqliteFile`, compares. Throws `ArchiveProblem`, `ArchiveSealed`, `BackupInvalid`, `DiskFull`. */
export async function openBackup(
  {
    file,
    folder,
    opener,
    signal,
  }: {
    file: string
    folder: string
    opener: Opener | undefined
    signal: AbortSignal | undefined
  },
  sqliteFile: string,
): Promise<OpenedBackup> {
  const sqlFile = join(folder, 'database.sql')
  const unpacked = await unpackArchive(file, sqlFile, signal, opener)
  const { metadata, state } = unpacked
  const migrationsTable = state.migrationsTable ?? DEFAULT_LEDGER
  const restored = await verifyInOwnProcess(
    { sqlFile, sqliteFile, migrationsTable, engine: 'sqlite' },
    { signal },
  )
  await rm(sqlFile, { force: true })
  const problems = [
    ...compareSummaries(metadata.tables, restored.tables, {
      expected: 'the metadata',
      found: 'the restored copy',
    }),
    ...compareState(
      metadata,
      state.ledger.map(({ name }) => name),
      restored,
    ),
  ]
  return { unpacked, restored, problems }
}

function compareState(metadata: BackupMetadata, ledger: string[], restored: Restored): string[] {
  const problems: string[] = []
  if (metadata.schemaFingerprint !== restored.schemaFingerprint) {
    problems.push('The schema of the restored copy is not the one in the metadata.')
  }
  if (
    restored.ledger.length > 0 &&
    ledger.join('\n') !== restored.ledger.map(({ name }) => name).join('\n')
  ) {
    problems.push('The ledger of the restored copy is not the one in migration_state.json.')
  }
  if (restored.restore.integrityCheck !== 'ok') {
    problems.push(`The restored copy is not intact: ${restored.restore.integrityCheck}.`)
  }
  if (restored.restore.foreignKeyViolations !== metadata.restore.foreignKeyViolations) {
    problems.push(
      `The restored copy has ${restored.restore.foreignKeyViolations} foreign key violations, the metadata says ${metadata.restore.foreignKeyViolations}.`,
    )
  }
  return problems
}

function problemOf(error: unknown): string {
  if (error instanceof ArchiveProblem) return error.message
  if (error instanceof RunbookError && error.type === 'BackupInvalid') return error.message
  throw diskFailure(error, tmpdir())
}
