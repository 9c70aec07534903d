import Cloudflare from 'cloudflare'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'

const ID = '00000000-0000-4000-8000-00000000005d'
const SEED = 'CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t(b) VALUES (1), (2)'

let api: CloudflareApi
let sdk: Cloudflare
let account: { account_id: string }

beforeEach(async () => {
  api = await startCloudflareApi({
    databases: [
      { id: ID, name: 'production', sql: SEED },
      { id: '00000000-0000-4000-8000-00000000005e', name: 'staging' },
    ],
  })
  sdk = new Cloudflare({ apiToken: api.token, baseURL: api.url, maxRetries: 0 })
  account = { account_id: api.accountId }
})
afterEach(() => api.close())

describe('the official SDK reads a database', () => {
  test('list and get', async () => {
    expect(await names({ per_page: 1 })).toEqual(['production', 'staging'])
    expect(await names({ name: 'stag' })).toEqual(['staging'])
    expect(await sdk.d1.database.get(ID, account)).toMatchObject({
      uuid: ID,
      name: 'production',
      num_tables: 1,
    })
    await expect(sdk.d1.database.get('absent', account)).rejects.toMatchObject({
      status: 404,
      errors: [{ code: 7404 }],
    })
  })

  test('query with parameters, several statements, blobs and lost digits', async () => {
    const { result } = await sdk.d1.database.query(ID, {
      ...account,
      sql: `SELECT x'00ff' AS blob, 9007199254740993 AS big; SELECT b FROM t WHERE a = ?`,
      params: ['2'],
    })
    expect(result.map(({ results }) => results)).toEqual([
      [{ blob: [0, 255], big: 9007199254740992 }],
      [{ b: 2 }],
    ])
    expect(result[1]?.meta).toMatchObject({
      changed_db: false,
      changes: 0,
      rows_read: 1,
      served_by_primary: true,
    })
  })

  test('raw keeps both of two columns with one name', async () => {
    const { result } = await sdk.d1.database.raw(ID, { ...account, sql: 'SELECT 1 AS a, 2 AS a' })
    expect(result[0]?.results).toEqual({ columns: ['a', 'a'], rows: [[1, 2]] })
  })
})

describe('a request is one transaction', () => {
  test('an error takes back all of it, and is told in the words of D1', async () => {
    const refused = query('INSERT INTO t(b) VALUES (3); INSERT INTO absent VALUES (1)')
    await expect(refused).rejects.toMatchObject({
      status: 400,
      errors: [{ code: 7500, message: 'no such table: absent: SQLITE_ERROR' }],
    })
    expect(await count()).toBe(2)
  })

  test('a batch too', async () => {
    const batch = [
      { sql: 'INSERT INTO t(b) VALUES (?)', params: ['3'] },
      { sql: 'INSERT INTO t(a) VALUES (1)' },
    ]
    await expect(sdk.d1.database.query(ID, { ...account, batch })).rejects.toMatchObject({
      errors: [
        {
          message:
            'UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)',
        },
      ],
    })
    expect(await count()).toBe(2)
  })

  test('foreign keys stay on, and may be deferred within it', async () => {
    await query('CREATE TABLE child(p REFERENCES t(a)); INSERT INTO child VALUES (1)')
    await expect(query('PRAGMA foreign_keys=OFF; DELETE FROM t WHERE a = 1')).rejects.toThrow(
      'FOREIGN KEY constraint',
    )
    await query('PRAGMA defer_foreign_keys=ON; DELETE FROM t WHERE a = 1; INSERT INTO t VALUES (1, 1)')
    const unpaid = query('PRAGMA defer_foreign_keys=ON; DELETE FROM t WHERE a = 1')
    await expect(unpaid).rejects.toMatchObject({ status: 500 })
    expect(await count()).toBe(2)
  })
})

describe('analytics', () => {
  test('count what was asked, of the database that is meant', async () => {
    await query('INSERT INTO t(b) VALUES (3)')
    await count()
    expect(
      await analytics(ID, 'd1AnalyticsAdaptiveGroups', {}, 'sum { readQueries writeQueries }'),
    ).toMatchObject([{ sum: { readQueries: 1, writeQueries: 1 } }])
    expect(await analytics('another', 'd1AnalyticsAdaptiveGroups')).toEqual([])
    expect(await analytics(ID, 'd1QueriesAdaptiveGroups', {}, 'count dimensions { query }')).toEqual([
      { count: 1, dimensions: { query: 'INSERT INTO t(b) VALUES (3)' } },
      { count: 1, dimensions: { query: 'SELECT count(*) AS n FROM t' } },
    ])
  })

  test('answer the rows that were set, under the alias that was asked for', async () => {
    const rows = [{ sum: { requests: 100, errors: 7 }, dimensions: { scriptName: 'api' } }]
    api.setAnalytics({ workersInvocationsAdaptive: rows })
    expect(await analytics(ID, 'workersInvocationsAdaptive')).toEqual(rows)
    expect(await analytics(ID, 'workersInvocationsAdaptive', { scriptName: 'other' })).toEqual([])
  })
})

async function names(choice: { per_page?: number; name?: string }): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const { name } of sdk.d1.database.list({ ...account, ...choice })) found.push(name)
  return found
}

async function query(sql: string): Promise<unknown> {
  return sdk.d1.database.query(ID, { ...account, sql })
}

async function count(): Promise<unknown> {
  const { result } = await sdk.d1.database.query(ID, { ...account, sql: 'SELECT count(*) AS n FROM t' })
  return (result[0]?.results?.[0] as { n: number } | undefined)?.n
}

async function analytics(
  databaseId: string,
  dataset: string,
  filter: Record<string, string> = {},
  fields = 'count',
): Promise<unknown> {
  const answer = await sdk.post<{ data: { viewer: { accounts: Record<string, unknown>[] } } }>('/graphql', {
    body: {
      query: `query ($filter: Filter) { viewer { accounts { found: ${dataset}(limit: 10, filter: $filter) { ${fields} } } } }`,
      variables: { filter: dataset.startsWith('d1') ? { databaseId, ...filter } : filter },
    },
  })
  return answer.data.viewer.accounts[0]?.['found']
}
