import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { createGunzip, gunzip, gzip } from 'node:zlib'
import { z } from 'zod'
import { RunbookError } from '../../contract/failures.js'
import { grouped } from '../../contract/number.js'
import { demandMigrationNames } from '../../contract/migration-name.js'
import type { Bundle } from '../../contract/run.js'
import type { MigrationFile, MigrationRef } from '../../contract/target.js'
import type { Artifacts } from './artifacts.js'
import { migrationFile } from './migration-files.js'
import { command, words } from '../../contract/next-command.js'

/** Temporal refuses an input past 2 MB, and warns from 256 KB on. */
const INLINE_LIMIT = 1024 * 1024
/** A bundle is text files, which pack 5 to 50 times: what unpacks to more than this is an attack or a mistake. */
const RATIO_LIMIT = 100
/** Below this size the ratio says nothing. */
const RATIO_FROM = 16 * 1024 * 1024
const UNPACKED_LIMIT = 512 * 1024 * 1024

/** Of a bundle of so many bytes. */
function mostUnpacked(packedBytes: number): number {
  return Math.min(UNPACKED_LIMIT, Math.max(RATIO_FROM, RATIO_LIMIT * packedBytes))
}

const entriesSchema = z.array(z.object({ name: z.string(), sql: z.string() }))

/**
 * Packs the files' bytes for the workflow's input. Past 1 MB compressed they go to the store, under their hash.
 * Throws `ConfigInvalid` when they would have to, and there is no store, and for files that no worker would unpack.
 */
export async function packBundle(files: MigrationFile[], store?: Artifacts): Promise<Bundle> {
  const content = JSON.stringify(files.map(({ name, sql }) => ({ name, sql })))
  const packed = await promisify(gzip)(content, { level: 9 })
  if (Buffer.byteLength(content) > mostUnpacked(packed.length))
    throw new RunbookError('ConfigInvalid', `The migration files are too large: ${tooLarge(packed)}.`, {
      advice: 'Load rows that repeat themselves by a job of your own, beside the migration.',
    })
  const data = packed.toString('base64')
  if (data.length <= INLINE_LIMIT) return { encoding: 'gzip-base64', data }
  if (store === undefined) {
    throw new RunbookError(
      'ConfigInvalid',
      'The migration files are larger than 1 MB and there is no artifact store.',
      {
        advice:
          'Run the command in the project folder: the files go to its .d1-runbook/artifacts, which the worker must share.',
      },
    )
  }
  const sha256 = createHash('sha256').update(packed).digest('hex')
  await store.keep(sha256, packed)
  return { encoding: 'artifact', sha256 }
}

/**
 * Why the bundle that came with a request would not be unpacked later; undefined where it would. Keeps nothing of what it unpacks. One in a store is
 * looked at where it is loaded: who starts a run puts none there.
 */
export async function whyNotUnpacked(bundle: Bundle): Promise<string | undefined> {
  if (bundle.encoding === 'artifact') return undefined
  const packed = Buffer.from(bundle.data, 'base64')
  const unpacking = createGunzip()
  unpacking.end(packed)
  let bytes = 0
  try {
    for await (const piece of unpacking) {
      bytes += (piece as Buffer).length
      if (bytes > mostUnpacked(packed.length)) return tooLarge(packed)
    }
    return undefined
  } catch {
    return 'they are packed as nothing can unpack them'
  }
}

function tooLarge({ length }: Buffer): string {
  return `they are more than the ${grouped(mostUnpacked(length))} bytes that a worker unpacks from ${grouped(length)}`
}

/**
 * The files of the bundle in the order of `files`; every byte is checked against the hashes that were approved.
 * Throws `ValidationFailed` when anything is missing or differs.
 */
export async function unpackBundle(
  bundle: Bundle,
  files: MigrationRef[],
  store?: Artifacts,
): Promise<MigrationFile[]> {
  const packed =
    bundle.encoding === 'artifact'
      ? await loadArtifact(bundle.sha256, store)
      : Buffer.from(bundle.data, 'base64')
  const content = await promisify(gunzip)(packed, { maxOutputLength: mostUnpacked(packed.length) }).catch(
    (cause: unknown) => {
      throw broken('The bundle of the migration files cannot be unpacked.', cause)
    },
  )
  const entries = readEntries(content.toString('utf8'))
  const byName = new Map(entries.map(({ name, sql }) => [name, sql]))
  demandMigrationNames(files.map(({ name }) => name))
  return files.map(({ name, sha256 }) => {
    const sql = byName.get(name)
    if (sql === undefined) throw broken(`The bundle lacks ${name}.`)
    const file = migrationFile(name, Buffer.from(sql, 'utf8'))
    if (file.sha256 !== sha256) throw broken(`${name} in the bundle has other bytes than were approved.`)
    return file
  })
}

function readEntries(content: string): z.infer<typeof entriesSchema> {
  try {
    return entriesSchema.parse(JSON.parse(content))
  } catch (cause) {
    throw broken('The bundle of the migration files does not hold migration files.', cause)
  }
}

function broken(message: string, cause?: unknown): RunbookError {
  return new RunbookError('ValidationFailed', message, {
    advice: words`Start a new run with ${command('start')}: it packs the files again.`,
    cause,
  })
}

async function loadArtifact(sha256: string, store: Artifacts | undefined): Promise<Buffer> {
  if (!/^[0-9a-f]{64}$/.test(sha256))
    throw broken('The artifact of the migration files has no hash for its name.')
  if (store === undefined)
    throw broken('The migration files are in an artifact store, but this worker has none.')
  const bytes = await store.load(sha256)
  if (bytes === undefined) throw broken(`The artifact store ${store.place} lacks ${sha256}.`)
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw broken(`The artifact ${sha256} was changed in the store.`)
  }
  return bytes
}
