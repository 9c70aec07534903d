import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Context } from '../../config/context.js'
import { storeOf } from '../../config/store.js'
import type { LedgerEntry } from '../../contract/backup.js'
import type { MigrationFile, Target } from '../../contract/target.js'
import { scratchFolder } from '../../process/scratch-folder.js'

/** A private copy to rehearse on; `remove` deletes it. */
export interface DatabaseCopy {
  databaseFile: string
  ledger: LedgerEntry[]
  remove: () => Promise<void>
}

/**
 * The given backup restored; else a consistent copy of the local database (empty when it was never written to); else a
 * fresh verified backup of the remote one, restored.
 */
export async function copyOfDatabase(input: {
  context: Context
  files: MigrationFile[]
  backup: string | undefined
  onProgress: (message: string) => void
  signal: AbortSignal
}): Promise<DatabaseCopy> {
  const { folder, remove } = await scratchFolder('copy')
  try {
    const databaseFile = await fillCopy(input, folder)
    const { openFileReader } = await import('../../d1/read/local-reader.js')
    const { readLedger } = await import('../../d1/schema/ledger.js')
    const reader = openFileReader(databaseFile)
    try {
      return { databaseFile, ledger: await readLedger(reader, input.context.target.migrationsTable), remove }
    } finally {
      await reader.close()
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function fillCopy(input: Parameters<typeof copyOfDatabase>[0], folder: string): Promise<string> {
  const { context, files, backup, onProgress, signal } = input
  const { target } = context
  if (backup === undefined && !target.database.remote)
    return copyLocal(target, path.join(folder, 'copy.sqlite'))
  let file = backup
  if (file === undefined) {
    const { priceSentences } = await import('../../runbook/price-words.js')
    const { archivesOf, createBackup } = await import('../../d1/backup/backup.js')
    onProgress(`Making a backup of ${target.database.name} to rehearse on`)
    const made = await createBackup({
      ...{ target, store: await storeOf(context), files, onProgress, signal },
      keep: Number.MAX_SAFE_INTEGER,
      onPrice: (price) => {
        for (const line of priceSentences({ ...price, act: 'plan' }, target.workersPlan)) onProgress(line)
      },
    })
    file = await archivesOf(target, await storeOf(context)).open(made.file, { sha256: made.sha256, signal })
  }
  const { restoreDatabase } = await import('../../d1/backup/restore.js')
  const { database } = await restoreDatabase({ file, to: folder, signal })
  return database
}

/** `VACUUM INTO` reads one consistent state, the write-ahead log included, while others may write. */
async function copyLocal(target: Target, copy: string): Promise<string> {
  const { openSqlite } = await import('../../d1/sqlite/sqlite.js')
  const { guard } = await import('../../d1/sqlite/disk-failure.js')
  const { targetFile } = await import('../../d1/read/local-reader.js')
  const source = targetFile(target)
  const database = guard(source, () => openSqlite(existsSync(source) ? source : ':memory:'))
  try {
    guard(source, () => database.prepare('VACUUM INTO ?').run(copy))
  } finally {
    database.close()
  }
  return copy
}
