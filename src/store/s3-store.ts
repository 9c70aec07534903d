import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type * as S3 from '@aws-sdk/client-s3'
import type { Storage } from '../contract/storage.js'
import { defined } from '../contract/defined.js'
import { diskFailure } from '../d1/sqlite/disk-failure.js'
import { fileSha256 } from '../process/file-sha256.js'
import type { Fetched } from './fetched.js'
import { keyOfPath, objectPath, partOf } from './object-path.js'
import { changed, foreign, missing } from './problems.js'
import { isMissing, s3Failure } from './s3-failure.js'
import type { ObjectKey, Store, StoredObject } from './store.js'

/** Ten thousand parts are all that S3 takes: of this size they hold eight times what D1 does. Bytes; several are in memory at once. */
const PART_BYTES = 8 * 1024 * 1024
/** One request that hangs must not hold an activity for its hour. Milliseconds. */
const CONNECT_MS = 10_000
const SILENCE_MS = 60_000

type S3Storage = Extract<Storage, { kind: 's3' }>

/** Read when the first request is made: a worker without them says so then, in the activity. */
export interface S3Key {
  accessKeyId: string
  secretAccessKey: string
}

/** A bucket that speaks S3, such as R2's. Objects are copied to this machine to be read, and kept by checksum. */
export function s3Store(input: {
  storage: S3Storage
  databaseId: string
  key: () => S3Key
  fetched: Fetched
}): Store {
  const { storage, databaseId, fetched } = input
  const { bucket, prefix } = storage
  const top = prefix === '' ? '' : `${prefix}/`
  const head = `s3://${bucket}/`
  const place = `${head}${prefix}${storage.endpoint === undefined ? '' : ` at ${new URL(storage.endpoint).host}`}`
  const nameOf = (key: ObjectKey): string => top + objectPath(databaseId, key)
  const keyOf = (location: string): ObjectKey | undefined =>
    location.startsWith(head + top)
      ? keyOfPath(databaseId, location.slice(head.length + top.length))
      : undefined
  const demandKey = (location: string): ObjectKey => {
    const key = keyOf(location)
    if (key === undefined) throw foreign(location, place)
    return key
  }
  let session: Promise<Session> | undefined
  const ask = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    try {
      return await work(await (session ??= connect(storage, input.key())))
    } catch (error) {
      throw s3Failure(error, place)
    }
  }
  const look = (key: ObjectKey): Promise<(StoredObject & { sha256: string | undefined }) | undefined> =>
    ask(async ({ client, sdk }) => {
      const Key = nameOf(key)
      const answer = await client
        .send(new sdk.HeadObjectCommand({ Bucket: bucket, Key }))
        .catch(unlessMissing)
      if (answer === undefined) return undefined
      const { ContentLength = 0, LastModified = new Date(0), Metadata } = answer
      return {
        key,
        location: head + Key,
        sizeBytes: ContentLength,
        at: LastModified,
        sha256: Metadata?.['sha256'],
      }
    })

  return {
    place,
    keyOf,
    async stat(key) {
      const found = await look(key)
      if (found === undefined) return undefined
      const { sha256: _kept, ...object } = found
      return object
    },
    put: (key, file, signal) =>
      ask(async (asked) => {
        const sha256 = await fileSha256(file, signal)
        const { size } = await stat(file)
        const Key = nameOf(key)
        const location = head + Key
        await upload(asked, { Bucket: bucket, Key, Metadata: { sha256 } }, file, signal)
        const { found, at } = await readBack(asked, { Bucket: bucket, Key }, signal)
        if (found !== sha256) throw changed(key, location)
        // The next step reads it.
        if (key.kind === 'archive') await fetched.take(file, sha256, partOf(key.name))
        return { key, location, sizeBytes: size, at }
      }),
    async open(location, { sha256, signal } = {}) {
      const key = demandKey(location)
      const kept = await look(key)
      if (kept === undefined) throw missing(key, location)
      // Absent: somebody else put it there.
      if (kept.sha256 === undefined || (sha256 !== undefined && kept.sha256 !== sha256))
        throw changed(key, location)
      const name = partOf(key.name)
      const here = await fetched.find(kept.sha256, name, signal)
      if (here !== undefined) return here
      const desk = await fetched.desk()
      try {
        const found = await ask((asked) =>
          download(asked, { Bucket: bucket, Key: nameOf(key) }, desk, signal),
        )
        if (found !== kept.sha256) throw changed(key, location)
        return await fetched.take(desk, found, name)
      } catch (error) {
        throw isMissing(error) ? missing(key, location, error) : diskFailure(error, desk)
      } finally {
        await rm(desk, { force: true })
      }
    },
    list: (signal) =>
      ask(async ({ client, sdk }) => {
        const found: StoredObject[] = []
        const Prefix = `${top}${partOf(databaseId)}/`
        const pages = sdk.paginateListObjectsV2({ client }, { Bucket: bucket, Prefix }, abortable(signal))
        for await (const { Contents = [] } of pages) {
          for (const { Key = '', Size = 0, LastModified = new Date(0) } of Contents) {
            const key = keyOf(head + Key)
            if (key !== undefined)
              found.push({ key, location: head + Key, sizeBytes: Size, at: LastModified })
          }
        }
        return found
      }),
    remove: (location) => {
      const Key = nameOf(demandKey(location))
      return ask(async ({ client, sdk }) => {
        await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key }))
      })
    },
  }
}

interface Session {
  client: S3.S3Client
  sdk: typeof S3
}

/** The client takes a third of a second to load, and most commands need none of it. */
async function connect({ endpoint, region }: S3Storage, credentials: S3Key): Promise<Session> {
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    region,
    ...defined({ endpoint }),
    credentials,
    // A bucket need not be a name of DNS.
    forcePathStyle: endpoint !== undefined,
    // Parts are signed with the hash of their bytes; what comes back is held against our own SHA-256. Not all that speak S3 know more.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: SILENCE_MS,
      throwOnRequestTimeout: true,
    },
  })
  return { client, sdk }
}

/** In parts where it is large; what was begun and fails is taken away again. */
async function upload(
  { client }: Session,
  params: { Bucket: string; Key: string; Metadata: Record<string, string> },
  file: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { Upload } = await import('@aws-sdk/lib-storage')
  const Body = createReadStream(file, { highWaterMark: 1 << 20 })
  const sending = new Upload({ client, params: { ...params, Body }, partSize: PART_BYTES, queueSize: 3 })
  const stop = (): void => {
    sending.abort().catch(() => undefined)
  }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    await sending.done()
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
    Body.destroy()
  }
}

/** SHA-256 of what is there now. */
async function readBack(
  { client, sdk }: Session,
  object: { Bucket: string; Key: string },
  signal: AbortSignal | undefined,
): Promise<{ found: string; at: Date }> {
  const answer = await client.send(new sdk.GetObjectCommand(object), abortable(signal))
  const digest = createHash('sha256')
  await pipeline(bodyOf(answer), digest, abortable(signal))
  return { found: digest.digest('hex'), at: answer.LastModified ?? new Date() }
}

async function download(
  { client, sdk }: Session,
  object: { Bucket: string; Key: string },
  to: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const answer = await client.send(new sdk.GetObjectCommand(object), abortable(signal))
  const digest = createHash('sha256')
  const tap = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(bodyOf(answer), tap, createWriteStream(to, { flags: 'wx', mode: 0o600 }), abortable(signal))
  return digest.digest('hex')
}

function bodyOf({ Body }: S3.GetObjectCommandOutput): Readable {
  if (Body instanceof Readable) return Body
  throw new Error('the client gave no stream')
}

function abortable(signal: AbortSignal | undefined): { signal?: AbortSignal; abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { signal, abortSignal: signal }
}

function unlessMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}
