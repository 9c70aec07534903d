import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import yazl from 'yazl'
import type { BackupMetadata, MigrationState } from '../../contract/backup.js'

export const SQL_ENTRY = 'database.sql'
export const METADATA_ENTRY = 'metadata.json'
export const STATE_ENTRY = 'migration_state.json'
export const ENTRIES: readonly string[] = [SQL_ENTRY, METADATA_ENTRY, STATE_ENTRY]

/** SQL packs well at any level; this one keeps up with the disk. */
const COMPRESSION_LEVEL = 3

/** What is known only after the restore. */
export interface ArchiveTexts {
  metadata: BackupMetadata
  state: MigrationState
}

/**
 * Writes the archive to `temporary` while `texts` is still being found out: packing runs beside the restore. When `texts`
 * fails, so does this; the temporary file is the caller's to remove.
 */
export async function writeArchive(
  temporary: string,
  sqlFile: string,
  texts: Promise<ArchiveTexts>,
): Promise<void> {
  const zip = new yazl.ZipFile()
  const output = zip.outputStream as Readable
  const { size, mtime } = statSync(sqlFile)
  const packing = pipeline(output, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }))
  // Opened here, not by the library: it would leave the file open when packing ends early.
  const sql = createReadStream(sqlFile).on('error', (error) => output.destroy(error))
  zip.addReadStream(sql, SQL_ENTRY, { compressionLevel: COMPRESSION_LEVEL, size, mtime })
  const finish = async (): Promise<void> => {
    const { metadata, state } = await texts
    zip.addBuffer(jsonText(metadata), METADATA_ENTRY)
    zip.addBuffer(jsonText(state), STATE_ENTRY)
    zip.end()
  }
  try {
    await Promise.all([packing, finish()])
  } catch (error) {
    sql.destroy()
    output.destroy()
    // Nobody may still work in the folder that the caller is about to remove.
    await Promise.allSettled([packing, texts])
    throw error
  }
}

function jsonText(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
}

/** Gives a complete file its final name, so that it is there after a power cut, or not at all. */
export async function publish(temporary: string, final: string): Promise<void> {
  await sync(temporary)
  await rename(temporary, final)
  // Windows cannot sync a folder; its rename is written through.
  if (process.platform !== 'win32') await sync(dirname(final))
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
