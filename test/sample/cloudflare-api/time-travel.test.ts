import Cloudflare from 'cloudflare'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'

const ID = '00000000-0000-4000-8000-0000000000ee'

let api: CloudflareApi
let sdk: Cloudflare
let account: { account_id: string }

beforeEach(async () => {
  api = await startCloudflareApi({ databases: [{ id: ID, name: 'past', sql: 'CREATE TABLE t(a)' }] })
  sdk = new Cloudflare({ apiToken: api.token, baseURL: api.url, maxRetries: 0 })
  account = { account_id: api.accountId }
})
afterEach(() => api.close())

test('each write has a bookmark, which looks like one of D1 and sorts by time', async () => {
  const first = await bookmark()
  expect(first).toMatch(/^[\da-f]{8}-[\da-f]{8}-[\da-f]{8}-[\da-f]{32}$/)
  expect(await bookmark()).toBe(first)
  await query('SELECT * FROM t')
  expect(await bookmark()).toBe(first)
  await query('INSERT INTO t VALUES (1)')
  expect((await bookmark()) > first).toBe(true)
})

test('a restore brings rows and schema back, and previous_bookmark undoes it', async () => {
  const before = await bookmark()
  await query('INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN b; CREATE TABLE u(a)')
  const after = await bookmark()

  const restored = await sdk.d1.database.timeTravel.restore(ID, { ...account, bookmark: before })
  expect(restored).toMatchObject({ bookmark: before, previous_bookmark: after })
  expect(restored.message).toContain(before)
  expect(state()).toEqual({ tables: ['t'], columns: ['a'], rows: 0 })

  await sdk.d1.database.timeTravel.restore(ID, { ...account, bookmark: after })
  expect(state()).toEqual({ tables: ['t', 'u'], columns: ['a', 'b'], rows: 1 })
})

test('a restore is itself a moment to which one can return', async () => {
  const empty = await bookmark()
  await query('INSERT INTO t VALUES (1)')
  await sdk.d1.database.timeTravel.restore(ID, { ...account, bookmark: empty })
  const restored = await bookmark()
  expect(restored > empty).toBe(true)
  await query('INSERT INTO t VALUES (2), (3)')
  await sdk.d1.database.timeTravel.restore(ID, { ...account, bookmark: restored })
  expect(state().rows).toBe(0)
})

test('writes made beside the API are kept too', async () => {
  api.database(ID).exec('INSERT INTO t VALUES (1)')
  const one = await bookmark()
  await query('DELETE FROM t')
  await sdk.d1.database.timeTravel.restore(ID, { ...account, bookmark: one })
  expect(state().rows).toBe(1)
})

test('a time finds the bookmark of then', async () => {
  await query('INSERT INTO t VALUES (1)')
  const then = await bookmark()
  // Times are exact to the millisecond: the next write must not fall into the same one.
  await delay(5)
  const timestamp = new Date().toISOString()
  await delay(5)
  await query('INSERT INTO t VALUES (2)')
  expect((await sdk.d1.database.timeTravel.getBookmark(ID, { ...account, timestamp })).bookmark).toBe(then)
  await sdk.d1.database.timeTravel.restore(ID, { ...account, timestamp })
  expect(state().rows).toBe(1)
})

describe('a restore is refused', () => {
  test('after ten in ten minutes, with the time to wait', async () => {
    const here = await bookmark()
    for (let count = 0; count < 10; count += 1) await restore(here)
    const refused = restore(here)
    await expect(refused).rejects.toMatchObject({ status: 429 })
    const headers = await refused.catch((error: unknown) => (error as { headers: Headers }).headers)
    expect(Number((headers as Headers).get('retry-after'))).toBeGreaterThan(500)
  })

  test.each(['00000000-00000001-00004f5a-00000000000000000000000000000000', 'nonsense'])(
    'to %s',
    async (unknown) => {
      await expect(restore(unknown)).rejects.toMatchObject({
        status: 400,
        errors: [{ message: `Invalid bookmark: ${unknown}` }],
      })
    },
  )

  test('to what has expired', async () => {
    const old = await bookmark()
    await query('INSERT INTO t VALUES (1)')
    api.expireBookmarks(ID)
    await expect(restore(old)).rejects.toThrow('outside of the retention period')
    expect(state().rows).toBe(1)
  })

  test('to before the beginning, or to the future', async () => {
    for (const timestamp of ['2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z']) {
      await expect(sdk.d1.database.timeTravel.restore(ID, { ...account, timestamp })).rejects.toMatchObject({
        status: 400,
      })
    }
  })
})

function restore(to: string): Promise<unknown> {
  return sdk.d1.database.timeTravel.restore(ID, { ...account, bookmark: to })
}

async function bookmark(): Promise<string> {
  return (await sdk.d1.database.timeTravel.getBookmark(ID, account)).bookmark ?? ''
}

async function query(sql: string): Promise<void> {
  await sdk.d1.database.query(ID, { ...account, sql })
}

function state(): { tables: unknown[]; columns: unknown[]; rows: unknown } {
  const list = (sql: string): unknown[] =>
    api
      .database(ID)
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)[0])
  return {
    tables: list(`SELECT name FROM sqlite_schema WHERE name NOT LIKE '!_%' ESCAPE '!' ORDER BY name`),
    columns: list(`SELECT name FROM pragma_table_info('t')`),
    rows: list('SELECT count(*) FROM t')[0],
  }
}
