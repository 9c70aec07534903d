import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs'
import { link, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import yazl from 'yazl'
import type { BackupMetadata, MigrationState } from '../../contract/backup.js'

export const SQL_ENTRY = 'database.sql'
export const METADATA_ENTRY = 'metadata.json'
export const STATE_ENTRY = 'migration_state.json'
/** In the place of `database.sql` once the archive is sealed: packed by gzip, then encrypted by age. */
export const SEALED_ENTRY = 'database.sql.gz.age'
export const ENTRIES: readonly string[] = [SQL_ENTRY, SEALED_ENTRY, METADATA_ENTRY, STATE_ENTRY]

/** SQL packs well at any level; this one keeps up with the disk. */
export const COMPRESSION_LEVEL = 3

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
  const { size, mtime } = statSync(sqlFile)
  // Opened here, not by the library: it would leave the file open when packing ends early.
  const content = createReadStream(sqlFile)
  const options = { compressionLevel: COMPRESSION_LEVEL, size, mtime }
  await write(temporary, { name: SQL_ENTRY, content, options }, texts)
}

/** The same of content that is packed and encrypted; `texts` may wait for its end. */
export async function writeSealedArchive(
  temporary: string,
  sealed: Readable,
  texts: Promise<ArchiveTexts>,
): Promise<void> {
  await write(temporary, { name: SEALED_ENTRY, content: sealed, options: { compress: false } }, texts)
}

async function write(
  temporary: string,
  { name, content, options }: { name: string; content: Readable; options: Partial<yazl.ReadStreamOptions> },
  texts: Promise<ArchiveTexts>,
): Promise<void> {
  const zip = new yazl.ZipFile()
  const output = zip.outputStream as Readable
  const packing = pipeline(output, createWriteStream(temporary, { flags: 'wx', mode: 0o600 }))
  content.on('error', (error) => output.destroy(error))
  zip.addReadStream(content, name, options)
  const finish = async (): Promise<void> => {
    const { metadata, state } = await texts
    zip.addBuffer(jsonText(metadata), METADATA_ENTRY)
    zip.addBuffer(jsonText(state), STATE_ENTRY)
    zip.end()
  }
  try {
    await Promise.all([packing, finish()])
  } catch (error) {
    content.destroy()
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

/** What a disk says that has no second names for a file, such as FAT. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** As {@link publish}, under a name that nobody has; false where somebody took it, whose file stays as it is. */
export async function publishNew(temporary: string, final: string): Promise<boolean> {
  await sync(temporary)
  try {
    // A rename would replace what another process published under this name a moment ago.
    await link(temporary, final)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || (NO_LINKS.has(code) && existsSync(final))) return false
    if (!NO_LINKS.has(code)) throw error
    await rename(temporary, final)
  }
  if (process.platform !== 'win32') await sync(dirname(final))
  return true
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
