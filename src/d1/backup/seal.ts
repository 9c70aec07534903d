import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Seal, SealedArchive, Sealing } from '../../contract/backup.js'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { fileSha256 } from '../../process/file-sha256.js'
import { PRIVATE_FOLDER } from '../../process/private-files.js'
import { scratchFolder } from '../../process/scratch-folder.js'
import { diskFailure } from '../sqlite/disk-failure.js'
import { sealedTo, type Opener } from './age.js'
import {
  COMPRESSION_LEVEL,
  publish,
  SQL_ENTRY,
  writeArchive,
  writeSealedArchive,
  type ArchiveTexts,
} from './archive.js'
import type { Archives } from './archives.js'
import { ArchiveProblem, unpackArchive } from './unpack.js'

/**
 * Writes the sealed form of a readable archive into `folder`, and reads it back with the key that it was just sealed with, before that is
 * forgotten. What is said of the content stays readable beside it. Streamed: a database of any size needs its unpacked size on the
 * disk, and no memory. Returns the file. Throws `ArchiveProblem`, `DiskFull`.
 */
export async function sealArchive(
  archive: string,
  { folder, recipients, signal }: { folder: string; recipients: readonly string[]; signal?: AbortSignal },
): Promise<string> {
  const [sql, sealedFile, back] = ['open.sql', 'sealed.zip', 'back.sql'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string]
  const { metadata, state } = await unpackArchive(archive, sql, signal)
  const packed = createGzip({ level: COMPRESSION_LEVEL })
  const packing = pipeline(createReadStream(sql), packed, defined({ signal }))
  const { sealed, opener } = await sealedTo(recipients, packed)
  const digest = createHash('sha256')
  let sizeBytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length
      digest.update(chunk)
      done(null, chunk)
    },
  })
  const texts = pipeline(sealed, counted, defined({ signal })).then((): ArchiveTexts => {
    const seal: Seal = { recipients: [...recipients], sha256: digest.digest('hex'), sizeBytes }
    return { metadata: { ...metadata, sealed: seal }, state }
  })
  await Promise.all([packing, writeSealedArchive(sealedFile, counted, texts)])
  await unpackArchive(sealedFile, back, signal, opener)
  await Promise.all([sql, back].map((file) => rm(file)))
  return sealedFile
}

/**
 * Writes a readable copy of a sealed archive into the folder `to`, under its name. Returns the file. Throws `BackupInvalid`, `ConfigInvalid`
 * for one that is readable, and where a file of the name is there; `ArchiveSealed`, `DiskFull`.
 */
export async function unsealArchive({
  file,
  to,
  opener,
  signal,
}: {
  file: string
  to: string
  opener: Opener
  signal?: AbortSignal
}): Promise<string> {
  const final = path.join(to, path.basename(file))
  if (existsSync(final))
    throw new RunbookError('ConfigInvalid', `${final} exists already.`, {
      advice: 'Choose another folder with --to: an archive is never overwritten.',
    })
  await mkdir(to, { recursive: true, mode: PRIVATE_FOLDER })
  const { folder, remove } = await scratchFolder('unseal', { within: to, hidden: true })
  try {
    const [sql, readable] = [path.join(folder, SQL_ENTRY), path.join(folder, 'archive.zip')]
    const { metadata, state } = await unpackArchive(file, sql, signal, opener)
    const { sealed, ...said } = metadata
    if (sealed === undefined)
      throw new RunbookError('ConfigInvalid', `${file} is not sealed.`, {
        advice: 'Use it as it is.',
      })
    await writeArchive(readable, sql, Promise.resolve({ metadata: said, state }))
    await publish(readable, final)
    return final
  } catch (error) {
    if (error instanceof ArchiveProblem)
      throw new RunbookError('BackupInvalid', `${file} is no valid backup: ${error.message}`, {
        advice: 'Use another archive.',
        cause: error,
      })
    throw diskFailure(error, to)
  } finally {
    await remove()
  }
}

/**
 * Seals archives where they lie. Left alone are those that runs other than `run` need, those that are sealed, and those that cannot be
 * read. `run`: only what this one holds. Each that is done is done, whatever the next meets. Throws what reaching the place throws, `DiskFull`.
 */
export async function sealArchives({
  archives,
  run,
  wentOnFrom,
  recipients,
  signal,
  onProgress,
}: {
  archives: Archives
  run?: string
  /** A run that was lost, which this one carried out: its hold ends with this one's. */
  wentOnFrom?: string
  recipients: readonly string[]
  signal?: AbortSignal
  onProgress?: (message: string) => void
}): Promise<Sealing> {
  const listed: string[] = []
  for await (const { file } of archives.list()) listed.push(file)
  const holdersOf = await archives.holders()
  const done: Sealing = { sealed: [], already: [], needed: [], unreadable: [] }
  for (const file of listed) {
    const holders = await holdersOf(file)
    if (run !== undefined && !holders.some((holder) => holder.run === run)) continue
    if (holders.some((holder) => holder.run !== run && holder.run !== wentOnFrom)) {
      done.needed.push(file)
      continue
    }
    try {
      const opened = await archives.open(file, defined({ signal }))
      const { sealed } = (await unpackArchive(opened)).metadata
      if (sealed === undefined) {
        onProgress?.(`sealing ${file}`)
        done.sealed.push(await sealInPlace(archives, { file, opened, recipients, ...defined({ signal }) }))
      } else {
        const { size: sizeBytes } = await stat(opened)
        const sha256 = await fileSha256(opened, signal)
        done.already.push({ file, sha256, sizeBytes, sealedTo: sealed.recipients })
      }
    } catch (error) {
      if (!(error instanceof ArchiveProblem)) throw error
      done.unreadable.push(file)
    }
  }
  return done
}

async function sealInPlace(
  archives: Archives,
  {
    file,
    opened,
    ...options
  }: { file: string; opened: string; recipients: readonly string[]; signal?: AbortSignal },
): Promise<SealedArchive> {
  return archives.atDesk(async (folder) => {
    const sealed = await sealArchive(opened, { folder, ...options })
    const sha256 = await fileSha256(sealed, options.signal)
    const sizeBytes = await archives.replace(file, sealed, options.signal)
    return { file, sha256, sizeBytes, sealedTo: [...options.recipients] }
  })
}
