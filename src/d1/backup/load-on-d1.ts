import { createReadStream } from 'node:fs'
import { rename, statfs } from 'node:fs/promises'
import path from 'node:path'
import { RunbookError } from '../../contract/failures.js'
import { diskFailure, diskFull } from '../sqlite/disk-failure.js'
import { openSqlite } from '../sqlite/sqlite.js'
import { openScratch, type ScratchDatabase } from '../scratch/scratch-workerd.js'
import { StatementStream } from '../sql/statement-stream.js'
import { command, words } from '../../contract/next-command.js'

/** Statements of one request to workerd. Bytes. */
const BATCH_BYTES = 1024 * 1024

/**
 * Loads a dump of ours into a new SQLite file by D1's own engine: its limits, its refusals, its foreign keys. What it takes here
 * it takes again, which SQLite alone does not prove. Throws `BackupInvalid` with the engine's words.
 */
export async function loadOnD1(sqlFile: string, sqliteFile: string): Promise<void> {
  const folder = path.dirname(sqliteFile)
  const failed = async (error: unknown): Promise<never> => {
    throw await failureOf(error, folder)
  }
  const scratch = await openScratch({ within: folder }).catch(failed)
  try {
    // What went wrong is asked while the database still lies there: on a full disk it is what fills it.
    await loadStatements(scratch, sqlFile).catch(failed)
    await scratch.close()
    takeJournalIn(scratch.file)
    await rename(scratch.file, sqliteFile)
  } catch (error) {
    await scratch.close()
    throw diskFailure(error, folder)
  } finally {
    await scratch.remove()
  }
}

/** workerd leaves its last pages in a journal beside the file. */
function takeJournalIn(file: string): void {
  const database = openSqlite(file, { foreignKeys: false })
  try {
    database.exec('PRAGMA journal_mode = DELETE')
  } finally {
    database.close()
  }
}

async function loadStatements(scratch: ScratchDatabase, sqlFile: string): Promise<void> {
  const stream = new StatementStream()
  let batch: string[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await scratch.batch(['PRAGMA defer_foreign_keys=TRUE', ...batch])
    batch = []
    bytes = 0
  }
  const take = async (statements: Uint8Array[]): Promise<void> => {
    for (const statement of statements) {
      batch.push(Buffer.from(statement).toString('utf8'))
      bytes += statement.byteLength
      if (bytes >= BATCH_BYTES) await flush()
    }
  }
  for await (const chunk of createReadStream(sqlFile, { highWaterMark: 256 * 1024 })) {
    await take(stream.push(chunk as Buffer))
  }
  await take(stream.end())
  await flush()
}

/** What the engine says: a refusal of our SQL, a full disk, or that it fell over, which says nothing about the dump. */
async function failureOf(error: unknown, folder: string): Promise<unknown> {
  const message = error instanceof Error ? error.message : String(error)
  if (/SQLITE_FULL/.test(message) || (await isFull(folder))) return diskFull(folder, error)
  if (/: SQLITE_[A-Z]+/.test(message)) {
    return new RunbookError('BackupInvalid', `D1's own engine does not take the export back: ${message}`, {
      advice: words`Make a new backup: ${command('backup')}.`,
      cause: error,
    })
  }
  return new RunbookError('OutcomeUnknown', `D1's own engine, which proves the export, ended: ${message}`, {
    advice: words`Make a new backup: ${command('backup')}.`,
    cause: error,
  })
}

async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize < BATCH_BYTES
}
