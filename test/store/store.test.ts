import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Storage } from '../../src/contract/storage.js'
import { openStore } from '../../src/store/open-store.js'
import type { ObjectKey, Store } from '../../src/store/store.js'
import { fileSha256 } from '../../src/process/file-sha256.js'
import { temporaryFolder } from '../temporary-folder.js'
import { emulator, gateway, GATEWAY_ADVICE, KEY, startGateway, storageOf, type S3Server } from './servers.js'

interface Place {
  storage: Storage
  close: () => Promise<void>
}

const bucketOf = (server: S3Server): Place => ({ storage: storageOf(server, 'team/d1'), close: server.close })

const PLACES: { name: string; start: () => Promise<Place> }[] = [
  {
    name: 'a folder',
    start: () =>
      Promise.resolve({
        storage: { kind: 'folder', path: temporaryFolder() },
        close: () => Promise.resolve(),
      }),
  },
  { name: 'a bucket of an emulator', start: async () => bucketOf(await emulator()) },
  ...(gateway === undefined ? [] : [gateway]).map((program) => ({
    name: 'a bucket of versitygw',
    start: async () => bucketOf(await startGateway(program)),
  })),
]

if (gateway === undefined) it.skip(`a bucket of versitygw, which is not on this machine: ${GATEWAY_ADVICE}`)

it('a folder knows an object as it was until it is replaced, whoever dies in between', async () => {
  const storage: Storage = { kind: 'folder', path: temporaryFolder() }
  const database = { name: 'art', id: 'a-database', remote: true }
  const options = { env: {}, variables: [], scratch: temporaryFolder() }
  const store = openStore({ storage, database }, options)
  const key: ObjectKey = { run: 'run-1', kind: 'archive', name: 'a.zip' }
  const file = (content: string): string => {
    const made = path.join(temporaryFolder(), 'content')
    writeFileSync(made, content)
    return made
  }
  const { location } = (await store?.put(key, file('old'))) ?? { location: '' }
  // A folder in the place of its half: the bytes cannot be replaced, as when we die behind the note.
  const half = path.join(path.dirname(location), `.${process.pid}.a.zip`)
  mkdirSync(half)
  await expect(store?.put(key, file('new'))).rejects.toThrow()
  rmSync(half, { recursive: true, force: true })
  expect(readFileSync((await store?.open(location)) ?? '', 'utf8')).toBe('old')

  await store?.put(key, file('new'))
  expect(readFileSync((await store?.open(location)) ?? '', 'utf8')).toBe('new')
  // What was there before is the object no longer.
  writeFileSync(location, 'old')
  await expect(store?.open(location)).rejects.toMatchObject({ type: 'BackupInvalid' })
})

describe.each(PLACES)('$name', ({ start }) => {
  let place: Place
  beforeAll(async () => {
    place = await start()
  })
  afterAll(() => place.close())

  /** As a worker of its own has it: no file on its disk. */
  const worker = (id = 'a-database', env: Record<string, string> = KEY): Store => {
    const database = { name: 'art', id, remote: true }
    const store = openStore(
      { storage: place.storage, database },
      { env, variables: [], scratch: temporaryFolder() },
    )
    if (store === undefined) throw new Error('no store')
    return store
  }
  const file = (bytes: string | Uint8Array): string => {
    const made = path.join(temporaryFolder(), 'made')
    writeFileSync(made, bytes)
    return made
  }
  const key = (name: string, more: Partial<ObjectKey> = {}): ObjectKey => ({
    run: 'run-1',
    kind: 'archive',
    name,
    ...more,
  })

  it('gives another worker the bytes that one has put, and replaces them', async () => {
    const put = await worker().put(key('a.zip'), file('first'))
    expect(put).toMatchObject({ key: key('a.zip'), sizeBytes: 5 })
    expect(put.location).toMatch(
      /team\/d1\/a-database\/run-1\/archive\/a\.zip$|\/a-database\/run-1\/archive\/a\.zip$/,
    )
    expect(readFileSync(await worker().open(put.location), 'utf8')).toBe('first')
    await worker().put(key('a.zip'), file('second'))
    expect(readFileSync(await worker().open(put.location), 'utf8')).toBe('second')
    await worker().remove(put.location)
    await worker().remove(put.location)
    expect(await worker().stat(key('a.zip'))).toBeUndefined()
  })

  it('carries an archive of several parts', async () => {
    const large = file(randomBytes(40 * 1024 * 1024 + 7))
    const sha256 = await fileSha256(large)
    const { location } = await worker().put(key('large.zip'), large)
    expect(await fileSha256(await worker().open(location, { sha256 }))).toBe(sha256)
  })

  it('keeps names apart whatever they hold, and each database from the others', async () => {
    const names = ['ümläut 日本.zip', '..', 'a/b', 'a%2Fb', '.hidden', 'x?y=1&z#f', '+ +', "it's"]
    const store = worker('another/one')
    for (const name of names) await store.put(key(name, { kind: 'document', run: 'r/../s' }), file(name))
    const listed = await worker('another/one').list()
    expect(listed.map((one) => one.key.name).sort()).toEqual([...names].sort())
    for (const one of listed) {
      expect(one.key).toEqual(key(one.key.name, { kind: 'document', run: 'r/../s' }))
      expect(readFileSync(await worker('another/one').open(one.location), 'utf8')).toBe(one.key.name)
      expect(worker('another').keyOf(one.location)).toBeUndefined()
    }
    expect(await worker('another').list()).toEqual([])
    expect(await worker('one').list()).toEqual([])
  })

  it('says of an object that it is not there, or not the one that is meant', async () => {
    const { location } = await worker().put(key('gone.zip'), file('gone'))
    await expect(worker().open(location, { sha256: 'f'.repeat(64) })).rejects.toMatchObject({
      type: 'BackupInvalid',
      message: expect.stringContaining('other bytes'),
    })
    await worker().remove(location)
    await expect(worker().open(location)).rejects.toMatchObject({
      type: 'BackupInvalid',
      message: expect.stringContaining('not there'),
    })
    const bundle = await worker().put(key('b.gz', { kind: 'bundle' }), file('b'))
    await worker().remove(bundle.location)
    await expect(worker().open(bundle.location)).rejects.toMatchObject({ type: 'ValidationFailed' })
  })

  it.each([
    'run-1/archive/a.zip',
    '/etc/passwd',
    's3://other/team/d1/a-database/run-1/archive/a.zip',
    's3://archives/a-database/run-1/archive/a.zip',
    's3://archives/team/d1/a-database/../b/archive/a.zip',
    's3://archives/team/d1/a-database/run-1/secrets/a.zip',
    's3://archives/team/d1/a-database/run-1/archive/more/a.zip',
  ])('opens and removes no place of others: %s', async (location) => {
    await expect(worker().open(location)).rejects.toMatchObject({ type: 'NotAdmitted' })
    await expect((async () => worker().remove(location))()).rejects.toMatchObject({ type: 'NotAdmitted' })
  })
})
