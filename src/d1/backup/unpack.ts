import { messageOf } from '../../contract/failures.js'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import yauzl from 'yauzl'
import type { z } from 'zod'
import {
  backupMetadataSchema,
  migrationStateSchema,
  type BackupMetadata,
  type MigrationState,
} from '../../contract/backup.js'
import { diskFull } from '../sqlite/disk-failure.js'
import { ENTRIES, METADATA_ENTRY, SQL_ENTRY, STATE_ENTRY } from './archive.js'

/** Metadata of a database of D1's greatest size is far below this. */
const TEXT_LIMIT = 16 * 1024 * 1024
/** Dumps pack 5 to 50 times; deflate can reach 1032. */
const RATIO_LIMIT = 250
/** Below this size the ratio says nothing. */
const RATIO_FROM = 64 * 1024 * 1024

/** Why an archive cannot be trusted; `message` is one sentence for people. */
export class ArchiveProblem extends Error {}

export interface Unpacked {
  metadata: BackupMetadata
  state: MigrationState
}

/**
 * Reads the three entries of an archive: `database.sql` goes to `sqlFile` (absent: it is only checked for size). Nothing in
 * the archive chooses a path, and nothing is written past the size that the metadata states. Throws `ArchiveProblem`, `DiskFull`.
 */
export async function unpackArchive(
  archive: string,
  sqlFile?: string,
  signal?: AbortSignal,
): Promise<Unpacked> {
  const zip = await yauzl
    .openPromise(archive, { lazyEntries: true, autoClose: false })
    .catch((error: unknown) => {
      throw new ArchiveProblem(
        `The file is not a complete zip archive: ${messageOf(error).replace(/\.+$/, '')}.`,
      )
    })
  try {
    const entries = await listEntries(zip)
    const metadata = await readJson(zip, entries, METADATA_ENTRY, backupMetadataSchema)
    const state = await readJson(zip, entries, STATE_ENTRY, migrationStateSchema)
    const sql = demandEntry(entries, SQL_ENTRY)
    if (sql.uncompressedSize !== metadata.sizeBytes) {
      throw new ArchiveProblem(
        `${SQL_ENTRY} has ${sql.uncompressedSize} bytes, but the metadata says ${metadata.sizeBytes}.`,
      )
    }
    if (sql.uncompressedSize > RATIO_FROM && sql.uncompressedSize > RATIO_LIMIT * sql.compressedSize) {
      throw new ArchiveProblem(
        `${SQL_ENTRY} would grow more than ${RATIO_LIMIT}-fold when unpacked: this looks like a zip bomb.`,
      )
    }
    if (sqlFile !== undefined) await extractSql(zip, sql, sqlFile, metadata, signal)
    return { metadata, state }
  } finally {
    zip.close()
  }
}

async function listEntries(zip: yauzl.ZipFile): Promise<Map<string, yauzl.Entry>> {
  const entries = new Map<string, yauzl.Entry>()
  const list = new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: yauzl.Entry) => {
      const problem = entryProblem(entry, entries)
      if (problem !== undefined) return reject(new ArchiveProblem(problem))
      entries.set(entry.fileName, entry)
      zip.readEntry()
    })
    zip.on('end', () => resolve())
    // The library itself refuses names that would leave the folder.
    zip.on('error', (error: Error) =>
      reject(new ArchiveProblem(`The zip archive is damaged: ${error.message}.`)),
    )
  })
  zip.readEntry()
  await list
  return entries
}

function entryProblem(entry: yauzl.Entry, known: Map<string, yauzl.Entry>): string | undefined {
  if (!ENTRIES.includes(entry.fileName)) {
    return `The archive holds "${entry.fileName}", which is no part of a backup.`
  }
  if (known.has(entry.fileName)) return `The archive holds ${entry.fileName} twice.`
  if (entry.isEncrypted()) return `${entry.fileName} is encrypted.`
  return undefined
}

function demandEntry(entries: Map<string, yauzl.Entry>, name: string): yauzl.Entry {
  const entry = entries.get(name)
  if (entry === undefined) throw new ArchiveProblem(`The archive lacks ${name}.`)
  return entry
}

async function readJson<T>(
  zip: yauzl.ZipFile,
  entries: Map<string, yauzl.Entry>,
  name: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const entry = demandEntry(entries, name)
  if (entry.uncompressedSize > TEXT_LIMIT)
    throw new ArchiveProblem(`${name} is too large to be what it should be.`)
  const chunks: Buffer[] = []
  for await (const chunk of await openEntry(zip, entry)) chunks.push(chunk as Buffer)
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    throw new ArchiveProblem(`${name} is not JSON: ${messageOf(error)}.`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ArchiveProblem(
    `${name} is not as it should be: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}.`,
  )
}

async function extractSql(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  sqlFile: string,
  metadata: BackupMetadata,
  signal?: AbortSignal,
): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(sqlFile))
  if (entry.uncompressedSize > bavail * bsize) {
    throw diskFull(dirname(sqlFile))
  }
  const digest = createHash('sha256')
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk)
      done(null, chunk)
    },
  })
  try {
    // yauzl ends the stream with an error when more or fewer bytes come out than the entry states.
    const options = signal === undefined ? {} : { signal }
    await pipeline(await openEntry(zip, entry), tap, createWriteStream(sqlFile, { flags: 'wx' }), options)
  } catch (error) {
    signal?.throwIfAborted()
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC' || error instanceof ArchiveProblem) throw error
    throw new ArchiveProblem(`${SQL_ENTRY} is damaged: ${messageOf(error)}.`)
  }
  if (digest.digest('hex') !== metadata.sha256) {
    throw new ArchiveProblem(`${SQL_ENTRY} was changed: its SHA-256 is not the one in the metadata.`)
  }
}

async function openEntry(zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<Readable> {
  return zip.openReadStreamPromise(entry).catch((error: unknown) => {
    throw new ArchiveProblem(`${entry.fileName} cannot be read: ${messageOf(error)}.`)
  })
}
