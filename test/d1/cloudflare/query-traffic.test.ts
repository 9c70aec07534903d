import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'
import type { Target } from '../../../src/contract/target.js'
import { readQueryTraffic } from '../../../src/d1/cloudflare/query-traffic.js'

const ID = '6b1c8a52-9a55-4f7e-9c7b-8f4b0f1a2c33'
const SEARCH = 'SELECT a FROM t WHERE a = ?'

let api: CloudflareApi
let target: Target

beforeAll(async () => {
  const sql = `CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3);`
  api = await startCloudflareApi({ databases: [{ id: ID, name: 'shop', sql }] })
  target = {
    ...{ environment: 'production', production: true, binding: 'DB', accountId: api.accountId },
    ...{ projectDir: '/p', wranglerConfig: '/p/wrangler.json', migrationsDir: '/p/m', migrationsTable: 'l' },
    ...{ backupDir: '/p/b', database: { id: ID, name: 'shop', remote: true } },
  }
  for (let call = 0; call < 3; call += 1) await ask(SEARCH, [call])
  await ask('INSERT INTO t VALUES (4)', [])
})
afterAll(() => api.close())
beforeEach(() => api.clearFaults())

async function ask(sql: string, params: number[]): Promise<void> {
  const url = `${api.url}/accounts/${api.accountId}/d1/database/${ID}/query`
  const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' }
  await fetch(url, { method: 'POST', headers, body: JSON.stringify({ sql, params }) })
}

describe('what production was asked', () => {
  test('is read by text, with its figures, in one question', async () => {
    const calls = api.calls.length
    const reading = await readQueryTraffic({ target, env: api.env })
    expect(reading).toMatchObject({
      ...{ state: 'read', source: 'graphql', calls: 4 },
      queries: [
        { sql: SEARCH, calls: 3, rowsRead: 9, recent: true },
        { sql: 'INSERT INTO t VALUES (4)', calls: 1, rowsWritten: 1 },
      ],
    })
    expect(api.calls.slice(calls).map(({ route }) => route)).toEqual(['graphql'])
  })

  test('is nothing in a window in which nobody asked', async () => {
    const to = Date.now() - 3_600_000
    expect(await readQueryTraffic({ target, env: api.env, to })).toMatchObject({ queries: [], calls: 0 })
  })

  test('is read from the insights of the database where the analytics are refused', async () => {
    api.fault({ route: 'graphql', kind: '500', call: 'all' })
    const reading = await readQueryTraffic({ target, env: api.env })
    expect(reading).toMatchObject({ state: 'read', source: 'insights', calls: null })
    expect(reading.state === 'read' ? reading.queries[0] : undefined).toMatchObject({
      ...{ sql: SEARCH, calls: 3, recent: null },
    })
  })
})

describe('is unknown, with the reason', () => {
  test('of a local database, and without a token', async () => {
    const local = { ...target, database: { ...target.database, remote: false } }
    expect(await readQueryTraffic({ target: local, env: api.env })).toMatchObject({
      ...{ state: 'unknown', because: expect.stringContaining('local') },
    })
    expect(await readQueryTraffic({ target, env: {} })).toMatchObject({
      ...{ state: 'unknown', because: expect.stringContaining('CLOUDFLARE_API_TOKEN') },
    })
  })

  test('where both routes fail, without the token in it', async () => {
    const CLOUDFLARE_API_TOKEN = 'wrong-token-wrong-token-wrong-token-0000'
    const reading = await readQueryTraffic({ target, env: { ...api.env, CLOUDFLARE_API_TOKEN } })
    expect(reading).toMatchObject({ state: 'unknown', because: expect.stringContaining('failed') })
    expect(JSON.stringify(reading)).not.toContain(CLOUDFLARE_API_TOKEN)
  })

  test('where Cloudflare refuses the question', async () => {
    api.fault({ route: 'insights', kind: '500', call: 'all' })
    const from = Date.now() - 40 * 86_400_000
    expect(await readQueryTraffic({ target, env: api.env, from })).toMatchObject({
      ...{ state: 'unknown', because: expect.stringContaining('Cloudflare refused the analytics question') },
    })
  })
})
