import Cloudflare from 'cloudflare'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  startCloudflareApi,
  type CloudflareApi,
  type CloudflareApiOptions,
} from '../../../sample/cloudflare-api/index.js'

const ID = '00000000-0000-4000-8000-0000000000f1'
const FILE = 'INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\n'
const ETAG = createHash('md5').update(FILE).digest('hex')

let api: CloudflareApi
let sdk: Cloudflare
let account: { account_id: string }

async function open(options: Partial<CloudflareApiOptions> = {}): Promise<void> {
  const databases = [{ id: ID, name: 'import', sql: 'CREATE TABLE t(a)' }]
  api = await startCloudflareApi({ databases, ...options })
  sdk = new Cloudflare({ apiToken: api.token, baseURL: api.url, maxRetries: 0 })
  account = { account_id: api.accountId }
}

async function restart(options: Partial<CloudflareApiOptions>): Promise<void> {
  await api.close()
  await open(options)
}

beforeEach(() => open())
afterEach(() => api.close())

test('a file is uploaded, ingested and polled for; the same etag starts it again, without an upload', async () => {
  const begun = await begin()
  expect((await upload(begun.upload_url)).headers.get('etag')).toBe(`"${ETAG}"`)
  const ingested = await ingest(begun.filename)
  expect(ingested).toMatchObject({ success: true, status: 'active' })
  const complete = { status: 'complete', result: { num_queries: 2, meta: { changes: 2 } } }
  expect(await poll(ingested.at_bookmark)).toMatchObject(complete)
  expect(rowCount()).toBe(2)
  const again = await begin()
  expect(again).toMatchObject({ success: true, status: 'active', filename: begun.filename })
  expect(again.upload_url).toBeUndefined()
  expect(again.at_bookmark).not.toBe(ingested.at_bookmark)
  expect(await poll(again.at_bookmark)).toMatchObject(complete)
  expect(rowCount()).toBe(4)
})

test('an earlier file is uploaded again where that is switched so', async () => {
  await restart({ importAgain: 'uploaded' })
  for (const rows of [2, 4]) {
    const begun = await begin()
    await upload(begun.upload_url)
    await poll((await ingest(begun.filename)).at_bookmark)
    expect(rowCount()).toBe(rows)
  }
})

describe('until its end is told', () => {
  const QUERY = 'Currently processing a long-running import.'
  const ask = (path: string, body: object): Promise<Response> =>
    fetch(`${api.url}/accounts/${api.accountId}/d1/database/${ID}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}` },
      body: JSON.stringify(body),
    })
  const says = async (path: string, body: object): Promise<string | undefined> =>
    ((await (await ask(path, body)).json()) as { errors: { message: string }[] }).errors[0]?.message
  const started = async (): Promise<string> => {
    const begun = await begin()
    await upload(begun.upload_url)
    return (await ingest(begun.filename)).at_bookmark
  }

  test('an import keeps queries, exports, other imports and Time Travel out', async () => {
    const at = await started()
    const { bookmark = '' } = await sdk.d1.database.timeTravel.getBookmark(ID, account)
    expect(await says('query', { sql: 'SELECT 1' })).toBe(QUERY)
    expect(await says('export', { output_format: 'polling' })).toBe(QUERY)
    expect(await says('import', { action: 'init', etag: 'another' })).toBe(
      `${QUERY} Cannot start another import until that completes or times out.`,
    )
    expect(await says(`time_travel/restore?bookmark=${bookmark}`, {})).toBe(QUERY)
    expect(await poll('elsewhere')).toMatchObject({ error: 'Not currently import at bookmark elsewhere.' })
    // Whoever lost its answer finds it again.
    expect((await begin()).at_bookmark).toBe(at)
    await poll(at)
    expect(await says('query', { sql: 'SELECT 1' })).toBeUndefined()
    expect(rowCount()).toBe(2)
    // Of one that ended D1 knows no more.
    expect(await poll(at)).toMatchObject({ success: false, error: 'Not currently importing anything.' })
  })

  test('an import that nobody asks for is taken back as a whole', async () => {
    await restart({ importHoldMs: 1_500 })
    const at = await started()
    expect(await says('query', { sql: 'SELECT 1' })).toBe(QUERY)
    await expect.poll(() => says('query', { sql: 'SELECT 1' })).toBeUndefined()
    expect(rowCount()).toBe(0)
    expect(await poll(at)).toMatchObject({ error: 'Not currently importing anything.' })
    await poll((await begin()).at_bookmark)
    expect(rowCount()).toBe(2)
  })

  test('nobody waits, and it stays, where that is switched off', async () => {
    await restart({ importHoldMs: 0 })
    const at = await started()
    expect(await says('query', { sql: 'SELECT 1' })).toBeUndefined()
    expect(rowCount()).toBe(2)
    expect(await poll(at)).toMatchObject({ status: 'complete' })
  })
})

test('an export keeps imports and Time Travel out', async () => {
  const { bookmark = '' } = await sdk.d1.database.timeTravel.getBookmark(ID, account)
  const begun = await begin()
  await upload(begun.upload_url)
  await sdk.d1.database.export(ID, { ...account, output_format: 'polling' })
  const kept = {
    status: 400,
    message: expect.stringContaining('Currently processing a long-running export.'),
  }
  await expect(begin()).rejects.toMatchObject(kept)
  await expect(ingest(begun.filename)).rejects.toMatchObject(kept)
  await expect(sdk.d1.database.timeTravel.restore(ID, { ...account, bookmark })).rejects.toMatchObject(kept)
  expect(rowCount()).toBe(0)
})

test('an ingest whose answer was lost is not done twice', async () => {
  const begun = await begin()
  await upload(begun.upload_url)
  api.fault({ route: 'import', kind: '504-after' })
  await expect(ingest(begun.filename)).rejects.toMatchObject({ status: 504 })
  const again = await begin()
  expect(again.upload_url).toBeUndefined()
  expect(await poll(again.at_bookmark)).toMatchObject({ status: 'complete' })
  expect(rowCount()).toBe(2)
})

test('nothing can be ingested that was not uploaded', async () => {
  const { filename } = await begin()
  await expect(ingest(filename)).rejects.toMatchObject({ status: 400 })
  expect(
    (await fetch(`${new URL(api.url).origin}/upload/guessed.sql`, { method: 'PUT', body: FILE })).status,
  ).toBe(403)
})

test('what was uploaded is not what was announced', async () => {
  const { filename, upload_url: url } = await begin()
  await fetch(url ?? '', { method: 'PUT', body: 'INSERT INTO t VALUES (666);' })
  await expect(ingest(filename)).rejects.toMatchObject({ status: 400 })
  expect(rowCount()).toBe(0)
})

test('a refused file is tried anew when it is announced again', async () => {
  api.database(ID).exec('DROP TABLE t')
  const refused = await begin()
  await upload(refused.upload_url)
  const error = 'no such table: t: SQLITE_ERROR'
  expect(await ingest(refused.filename)).toMatchObject({ success: false, error })
  // It holds nobody up any more.
  expect(await begin()).toMatchObject({ success: false, error })
  api.database(ID).exec('CREATE TABLE t(a)')
  await poll((await begin()).at_bookmark)
  expect(rowCount()).toBe(2)
})

test('each statement stands for itself, and what ran before one that fails is taken back', async () => {
  const parts = ['CREATE TABLE p (id INTEGER PRIMARY KEY);', 'CREATE TABLE c (p REFERENCES p (id));']
  const order = ['INSERT INTO c VALUES (1);', 'INSERT INTO p VALUES (1);']
  const deferred = 'PRAGMA defer_foreign_keys = TRUE;'
  expect(await run([...parts, deferred, ...order].join('\n'))).toMatchObject({
    success: false,
    error: 'FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)',
  })
  expect(api.database(ID).prepare(`SELECT name FROM sqlite_schema WHERE name IN ('p', 'c')`).all()).toEqual(
    [],
  )
  expect(await run([...parts, 'PRAGMA foreign_keys = OFF;', ...order].join('\n'))).toMatchObject({
    success: true,
  })
  expect(api.database(ID).prepare('PRAGMA foreign_keys').get()).toEqual({ foreign_keys: 1 })
})

test('a program larger than the engine allows is refused as D1 does', async () => {
  const rows = (count: number): string => Array.from({ length: count }, () => '(1,2,3,4,5,6,7,8,9)').join(',')
  await run('CREATE TABLE nine (a, b, c, d, e, f, g, h, i);')
  expect(await run(`INSERT INTO nine VALUES ${rows(2148)};`)).toMatchObject({ success: true })
  expect(await run(`INSERT INTO nine VALUES ${rows(2151)};`)).toMatchObject({
    success: false,
    error: 'out of memory: SQLITE_NOMEM',
  })
})

test('an import may be stuck', async () => {
  const begun = await begin()
  await upload(begun.upload_url)
  api.fault({ route: 'import', kind: 'stuck', call: 'all' })
  const { at_bookmark: bookmark } = await ingest(begun.filename)
  expect([await poll(bookmark), await poll(bookmark)]).toMatchObject([
    { status: 'active' },
    { status: 'active' },
  ])
  expect(rowCount()).toBe(0)
})

async function begin(): Promise<{ filename: string; upload_url?: string; at_bookmark: string }> {
  return (await sdk.d1.database.import(ID, { ...account, action: 'init', etag: ETAG })) as {
    filename: string
    at_bookmark: string
  }
}

function upload(url: string | undefined): Promise<Response> {
  return fetch(url ?? '', { method: 'PUT', body: FILE })
}

/** Uploads and ingests `sql`; its end. */
async function run(sql: string): Promise<unknown> {
  const etag = createHash('md5').update(sql).digest('hex')
  const begun = (await sdk.d1.database.import(ID, { ...account, action: 'init', etag })) as {
    filename: string
    upload_url: string
  }
  await fetch(begun.upload_url, { method: 'PUT', body: sql })
  const params = { ...account, action: 'ingest', etag, filename: begun.filename } as const
  const first = (await sdk.d1.database.import(ID, params)) as { success: boolean; at_bookmark: string }
  return first.success ? poll(first.at_bookmark) : first
}

async function ingest(filename: string): Promise<{ at_bookmark: string }> {
  const params = { ...account, action: 'ingest', etag: ETAG, filename } as const
  return (await sdk.d1.database.import(ID, params)) as { at_bookmark: string }
}

function poll(bookmark: string): Promise<unknown> {
  return sdk.d1.database.import(ID, { ...account, action: 'poll', current_bookmark: bookmark })
}

function rowCount(): unknown {
  return api.database(ID).prepare('SELECT count(*) AS n FROM t').get()?.['n']
}
