import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'

const ID = '5d0e7c1a-3b0f-4a57-8f0e-2f1b6f6c9d11'
const SEEN = 'SELECT b FROM t WHERE a = ?'

let api: CloudflareApi

beforeAll(async () => {
  const sql = `CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (3, 4), (5, 6);`
  api = await startCloudflareApi({ databases: [{ id: ID, name: 'shop', sql }] })
  for (const a of [1, 3]) await query({ sql: SEEN, params: [a] })
  await query({ sql: 'UPDATE t SET b = 0; /* why */ SELECT 1' })
  await query({ sql: 'SELECT nothing FROM nowhere' })
})
afterAll(() => api.close())

async function post(path: string, body: object): Promise<unknown> {
  const response = await fetch(`${api.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return response.json()
}

function query(body: object): Promise<unknown> {
  return post(`/accounts/${api.accountId}/d1/database/${ID}/query`, body)
}

type Answer = { data: unknown; errors: { message: string }[] | null }

async function ask(fields: string, args: string, variables: object = {}): Promise<Answer> {
  const set = `d1QueriesAdaptiveGroups(${args}) { ${fields} }`
  const text = `query Q($account: string!, $filter: F) { viewer { accounts(filter: {accountTag: $account}) { ${set} } } }`
  return (await post('/graphql', {
    query: text,
    variables: { account: api.accountId, ...variables },
  })) as Answer
}

async function rows(fields: string, args: string, variables: object = {}): Promise<unknown> {
  const { data, errors } = await ask(fields, args, variables)
  expect(errors).toBeNull()
  const { viewer } = data as { viewer: { accounts: { d1QueriesAdaptiveGroups: unknown }[] } }
  return viewer.accounts[0]?.d1QueriesAdaptiveGroups
}

async function refused(fields: string, args: string, variables: object = {}): Promise<string> {
  const { data, errors } = await ask(fields, args, variables)
  expect(data).toBeNull()
  return errors?.[0]?.message ?? ''
}

describe('what was really asked', () => {
  test('is counted by text, statement by statement, with the rows that it read', async () => {
    const found = await rows(
      'count sum { rowsRead } dimensions { query }',
      'limit: 10, orderBy: [count_DESC]',
    )
    expect(found).toEqual([
      { count: 2, sum: { rowsRead: 6 }, dimensions: { query: SEEN } },
      { count: 1, sum: { rowsRead: 0 }, dimensions: { query: 'UPDATE t SET b = 0' } },
      { count: 1, sum: { rowsRead: 1 }, dimensions: { query: '/* why */ SELECT 1' } },
      { count: 1, sum: { rowsRead: 0 }, dimensions: { query: 'SELECT nothing FROM nowhere' } },
    ])
  })

  test('is one row where no dimension is asked for', async () => {
    expect(await rows('count', 'limit: 1')).toEqual([{ count: 5 }])
  })

  test('is told apart by error', async () => {
    const filter = { AND: [{ databaseId: ID, error_neq: '' }] }
    expect(await rows('dimensions { query }', 'limit: 9, filter: $filter', { filter })).toEqual([
      { dimensions: { query: 'SELECT nothing FROM nowhere' } },
    ])
  })

  test('is looked for in the window that is meant', async () => {
    const filter = { datetime_leq: new Date(Date.now() - 60_000).toISOString() }
    expect(await rows('count', 'limit: 9, filter: $filter', { filter })).toEqual([])
  })

  test('is in the insights of the database too', async () => {
    const response = await fetch(
      `${api.url}/accounts/${api.accountId}/d1/database/${ID}/insights?filter=recommendations`,
      { headers: { authorization: `Bearer ${api.token}` } },
    )
    const { result } = (await response.json()) as { result: unknown[] }
    expect(result[0]).toMatchObject({ query: SEEN, count: 2, rows_read: 6 })
  })
})

describe('a question is refused', () => {
  test.each([
    ['a field', 'colour', 'limit: 1', 'unknown field "colour"'],
    ['a measure', 'sum { rowsGuessed }', 'limit: 1', 'unknown field "rowsGuessed"'],
    ['a dimension', 'dimensions { table }', 'limit: 1', 'unknown field "table"'],
    ['an argument', 'count', 'limit: 1, offset: 5', 'unknown arg offset'],
    ['a filter', 'count', 'limit: 1, filter: {table: "t"}', 'unknown arg table'],
    ['an order', 'count', 'limit: 1, orderBy: [rowsRead_DESC]', 'unknown orderBy rowsRead_DESC'],
  ])('for %s that the data set has not', async (_what, fields, args, message) => {
    expect(await refused(fields, args)).toBe(message)
  })

  test('without a limit, past the days that are kept, and for another account', async () => {
    expect(await refused('count', 'orderBy: [count_DESC]')).toMatch(/^limit must be/)
    const filter = { datetime_geq: new Date(Date.now() - 40 * 86_400_000).toISOString() }
    expect(await refused('count', 'limit: 1, filter: $filter', { filter })).toMatch(/older than/)
    expect(await refused('count', 'limit: 1', { account: 'another' })).toMatch(/not authorized/)
  })

  test.each(['count(', 'count }', '... on X { count }', 'count @later(if: true)'])(
    'that cannot be read: %s',
    async (fields) => {
      expect(await refused(fields, 'limit: 1')).not.toBe('')
    },
  )
})
