import { readFileSync, writeFileSync } from 'node:fs'
import { utimes } from 'node:fs/promises'
import path from 'node:path'
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { storageSchema, type Storage } from '../../src/contract/storage.js'
import { openStore } from '../../src/store/open-store.js'
import type { Store } from '../../src/store/store.js'
import { temporaryFolder } from '../temporary-folder.js'
import { BUCKET, emulator, gateway, KEY, startGateway, storageOf, type S3Server } from './servers.js'

let server: S3Server
let others: S3Client
beforeAll(async () => {
  server = gateway === undefined ? await emulator() : await startGateway(gateway)
  others = new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: { accessKeyId: KEY.RUNBOOK_STORAGE_KEY_ID, secretAccessKey: KEY.RUNBOOK_STORAGE_SECRET },
  })
})
afterAll(() => server.close())

const ARCHIVE = { run: 'run-1', kind: 'archive', name: 'a.zip' } as const

function open(
  more: { scratch?: string; env?: Record<string, string>; storage?: Partial<Storage> } = {},
): Store {
  const storage = { ...storageOf(server), ...more.storage } as Storage
  const { scratch = temporaryFolder(), env = KEY } = more
  const store = openStore(
    { storage, database: { name: 'art', id: 'db', remote: true } },
    { env, variables: [], scratch },
  )
  if (store === undefined) throw new Error('no store')
  return store
}

function file(text: string): string {
  const made = path.join(temporaryFolder(), 'made')
  writeFileSync(made, text)
  return made
}

const Key = 'db/run-1/archive/a.zip'

it('does not give out bytes that others put in the place of an archive, under its own checksum or none', async () => {
  const { location } = await open().put(ARCHIVE, file('ours'))
  await others.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'theirs' }))
  await expect(open().open(location)).rejects.toMatchObject({ type: 'BackupInvalid' })
  const Metadata = { sha256: '0'.repeat(64) }
  await others.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'theirs', Metadata }))
  await expect(open().open(location)).rejects.toMatchObject({
    type: 'BackupInvalid',
    message: expect.stringContaining('other bytes'),
  })
})

it('reads an archive once, and again when the copy is not as it was', async () => {
  const scratch = temporaryFolder()
  const { location } = await open().put(ARCHIVE, file('the archive'))
  const first = await open({ scratch }).open(location)
  expect(await open({ scratch }).open(location)).toBe(first)
  writeFileSync(first, 'changed here')
  expect(readFileSync(await open({ scratch }).open(location), 'utf8')).toBe('the archive')

  const yesterday = new Date(Date.now() - 24 * 60 * 60_000)
  await utimes(path.dirname(first), yesterday, yesterday)
  const other = await open({ scratch }).put({ ...ARCHIVE, name: 'b.zip' }, file('another'))
  await open({ scratch }).open(other.location)
  expect(() => readFileSync(first)).toThrow('ENOENT')
})

it('says that an archive is gone, although a copy is here', async () => {
  const scratch = temporaryFolder()
  const { location } = await open({ scratch }).put(ARCHIVE, file('the archive'))
  await others.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }))
  await expect(open({ scratch }).open(location)).rejects.toMatchObject({
    type: 'BackupInvalid',
    message: expect.stringContaining('not there'),
  })
})

it.each([
  { what: 'a variable that is not set', env: {}, type: 'ConfigInvalid', says: 'RUNBOOK_STORAGE_KEY_ID' },
  {
    what: 'a bucket that is not there',
    storage: { bucket: 'nobodys' },
    type: 'ConfigInvalid',
    says: 'NoSuchBucket',
  },
  {
    what: 'nobody at the address',
    storage: { endpoint: 'http://127.0.0.1:9' },
    type: 'Network',
    says: 'cannot be reached',
  },
  {
    what: 'a credential for a key',
    storage: { secretEnv: 'CLOUDFLARE_API_TOKEN' },
    type: 'ConfigInvalid',
    says: 'is a credential',
  },
])('says what is the matter: $what', async ({ env = KEY, storage = {}, type, says }) => {
  const store = open({ env, storage: storage as Partial<Storage> })
  await expect(store.list()).rejects.toMatchObject({ type, message: expect.stringContaining(says) })
  await expect(store.put(ARCHIVE, file('x'))).rejects.toMatchObject({ type })
})

it.skipIf(gateway === undefined)('says that a key is not let in, and not what its secret is', async () => {
  const env = { ...KEY, RUNBOOK_STORAGE_SECRET: 'not-the-secret' }
  const refused = await open({ env })
    .list()
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  expect(refused).toMatchObject({ type: 'NotPermitted' })
  expect(JSON.stringify([refused, String(refused)])).not.toContain('not-the-secret')
})

it('lists more objects than one answer holds', async () => {
  const names = Array.from({ length: 1001 }, (_, index) => String(index))
  for (let from = 0; from < names.length; from += 50)
    await Promise.all(
      names
        .slice(from, from + 50)
        .map((name) =>
          others.send(new PutObjectCommand({ Bucket: BUCKET, Key: `db/many/hold/${name}`, Body: 'x' })),
        ),
    )
  const listed = await open().list()
  expect(
    listed
      .filter(({ key }) => key.run === 'many')
      .map(({ key }) => key.name)
      .sort(),
  ).toEqual(names.sort())
})

it('ends an upload when the work is cancelled', async () => {
  const controller = new AbortController()
  controller.abort(new Error('stopped'))
  await expect(open().put({ ...ARCHIVE, name: 'c.zip' }, file('c'), controller.signal)).rejects.toThrow()
  expect(await open().stat({ ...ARCHIVE, name: 'c.zip' })).toBeUndefined()
})

it.each([
  ['https://account.r2.cloudflarestorage.com', true],
  ['http://127.0.0.1:9000', true],
  ['http://localhost:9000', true],
  ['http://minio.example:9000', false],
  ['ftp://example.com', false],
  ['http://127.0.0.1.example.com', false],
  ['http://localhost@example.com', false],
  ['no address', false],
])('sends production data to %s: %s', (endpoint, allowed) => {
  expect(storageSchema.safeParse({ kind: 's3', bucket: 'archives', endpoint }).success).toBe(allowed)
})
