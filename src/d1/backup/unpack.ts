import { defined } from '../../contract/defined.js'
import { messageOf, RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'
import { createHash, type Hash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { statfs } from 'node:fs/promises'
import path from 'node:path'
import { Transform, Writable, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import yauzl from 'yauzl'
import type { z } from 'zod'
import {
  backupMetadataSchema,
  migrationStateSchema,
  type BackupMetadata,
  type MigrationState,
  type Seal,
} from '../../contract/backup.js'
import { diskFull } from '../sqlite/disk-failure.js'
import { opening, type Opener } from './age.js'
import { ENTRIES, METADATA_ENTRY, SEALED_ENTRY, SQL_ENTRY, STATE_ENTRY } from './archive.js'
import { grouped } from '../../contract/number.js'

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
 * the archive chooses a path, and nothing is written past the size that the metadata states. `opener`: for a sealed one, whose metadata
 * needs none. Throws `ArchiveProblem`, `DiskFull`, and `ArchiveSealed` where the content is asked for and nothing opens it.
 */
export async function unpackArchive(
  archive: string,
  sqlFile?: string,
  signal?: AbortSignal,
  opener?: Opener,
): Promise<Unpacked> {
  return withArchive(archive, async (zip, { unpacked, content }) => {
    if (sqlFile === undefined) return unpacked
    const { metadata } = unpacked
    if (metadata.sealed !== undefined && opener === undefined) throw sealedArchive(archive, metadata.sealed)
    await extractSql(zip, content, { sqlFile, metadata, opener, signal })
    return unpacked
  })
}

/**
 * Reads every byte of an archive without a key: of a sealed one the sealed bytes, against the sum that they had when they were sealed; of
 * another its content. `folder`: for what is unpacked. Throws as unpacking does.
 */
export async function readWhole(archive: string, folder: string, signal?: AbortSignal): Promise<Unpacked> {
  const { metadata } = await unpackArchive(archive)
  if (metadata.sealed === undefined) return unpackArchive(archive, path.join(folder, SQL_ENTRY), signal)
  return withArchive(archive, async (zip, { unpacked, content }) => {
    const digest = createHash('sha256')
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    try {
      await pipeline(await openEntry(zip, content), tap(digest), nowhere, defined({ signal }))
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof ArchiveProblem) throw error
      throw new ArchiveProblem(`${content.fileName} is damaged: ${messageOf(error)}.`)
    }
    if (digest.digest('hex') !== metadata.sealed?.sha256) throw sealedBytesChanged()
    return unpacked
  })
}

function sealedBytesChanged(): ArchiveProblem {
  return new ArchiveProblem(`${SEALED_ENTRY} was changed: its SHA-256 is not the one in the metadata.`)
}

/** `ArchiveSealed`: what to do where somebody has the key. */
export function sealedArchive(archive: string, { recipients }: Seal): RunbookError {
  return new RunbookError(
    'ArchiveSealed',
    `${archive} is sealed: only who has the secret key of ${recipients.join(' or ')} can read its content.`,
    {
      advice: words`Where that key is, write a readable copy, and name that: ${command('backup unseal', archive, '--identity', 'FILE', '--to', 'DIR')}`,
      details: { archive, recipients },
    },
  )
}

interface Found {
  unpacked: Unpacked
  /** Of the database, sealed or not. */
  content: yauzl.Entry
}

async function withArchive<T>(
  archive: string,
  work: (zip: yauzl.ZipFile, found: Found) => Promise<T>,
): Promise<T> {
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
    return await work(zip, { unpacked: { metadata, state }, content: contentOf(entries, metadata) })
  } finally {
    zip.close()
  }
}

/** The one entry of the two that may hold the database, as large as the metadata says. */
function contentOf(entries: Map<string, yauzl.Entry>, { sealed, sizeBytes }: BackupMetadata): yauzl.Entry {
  const [name, other] = sealed === undefined ? [SQL_ENTRY, SEALED_ENTRY] : [SEALED_ENTRY, SQL_ENTRY]
  const entry = demandEntry(entries, name)
  if (entries.has(other)) throw new ArchiveProblem(`The archive holds ${other} beside ${name}.`)
  const stated = sealed?.sizeBytes ?? sizeBytes
  if (entry.uncompressedSize !== stated) {
    throw new ArchiveProblem(
      `${name} has ${grouped(entry.uncompressedSize)} bytes, but the metadata says ${grouped(stated)}.`,
    )
  }
  if (sizeBytes > RATIO_FROM && sizeBytes > RATIO_LIMIT * entry.compressedSize) {
    throw new ArchiveProblem(
      `${name} would grow more than ${RATIO_LIMIT}-fold when unpacked: this looks like a zip bomb.`,
    )
  }
  return entry
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
  {
    sqlFile,
    metadata: { sealed, sha256, sizeBytes },
    opener,
    signal,
  }: {
    sqlFile: string
    metadata: BackupMetadata
    opener: Opener | undefined
    signal: AbortSignal | undefined
  },
): Promise<void> {
  const { bavail, bsize } = await statfs(path.dirname(sqlFile))
  if (sizeBytes > bavail * bsize) throw diskFull(path.dirname(sqlFile))
  const [sealedDigest, digest] = [createHash('sha256'), createHash('sha256')]
  const out = createWriteStream(sqlFile, { flags: 'wx', mode: 0o600 })
  const options = defined({ signal })
  const open = sealed === undefined || opener === undefined ? undefined : opening(opener)
  try {
    const source = await openEntry(zip, entry)
    // yauzl ends the stream with an error when more or fewer bytes come out than the entry states.
    if (open === undefined) await pipeline(source, tap(digest), out, options)
    else
      await pipeline(
        ...[source, tap(sealedDigest), open.stage, createGunzip(), tap(digest, sizeBytes), out],
        options,
      )
  } catch (thrown) {
    signal?.throwIfAborted()
    const error = open?.refusal() ?? thrown
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOSPC' || error instanceof ArchiveProblem || error instanceof RunbookError) throw error
    throw new ArchiveProblem(`${entry.fileName} is damaged: ${messageOf(error)}.`)
  }
  if (sealed !== undefined && sealedDigest.digest('hex') !== sealed.sha256) throw sealedBytesChanged()
  if (digest.digest('hex') !== sha256) {
    throw new ArchiveProblem(`${SQL_ENTRY} was changed: its SHA-256 is not the one in the metadata.`)
  }
}

/** Hashes what goes through. `limit`: bytes; more of them are a lie of the metadata. */
function tap(digest: Hash, limit?: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (limit !== undefined && bytes > limit) {
        done(
          new ArchiveProblem(
            `${SQL_ENTRY} has more than the ${grouped(limit)} bytes that the metadata says.`,
          ),
        )
        return
      }
      digest.update(chunk)
      done(null, chunk)
    },
  })
}

async function openEntry(zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<Readable> {
  return zip.openReadStreamPromise(entry).catch((error: unknown) => {
    throw new ArchiveProblem(`${entry.fileName} cannot be read: ${messageOf(error)}.`)
  })
}
