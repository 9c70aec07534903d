import { afterEach, expect, it } from 'vitest'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'
import { usedToday } from '../../../src/d1/cloudflare/day-usage.js'

const IDS = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
let api: CloudflareApi
afterEach(() => api.close())

async function start(): Promise<CloudflareApi> {
  api = await startCloudflareApi({
    databases: IDS.map((id) => ({
      id,
      name: id.slice(0, 1),
      sql: 'CREATE TABLE t (a); INSERT INTO t VALUES (1), (2);',
    })),
  })
  return api
}

async function ask(id: string, sql: string): Promise<void> {
  await fetch(`${api.url}/accounts/${api.accountId}/d1/database/${id}/query`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.token}` },
    body: JSON.stringify({ sql }),
  })
}

it('is that of all databases of the account, since midnight UTC', async () => {
  const { env, accountId } = await start()
  for (const id of IDS) await ask(id, 'SELECT count(*) FROM t WHERE a > 0; INSERT INTO t VALUES (3)')
  const now = Date.now()
  const date = new Date(now).toISOString().slice(0, 10)
  expect(await usedToday({ accountId }, env, now)).toEqual({ date, rowsRead: 4, rowsWritten: 2 })
  // Yesterday's is of no account any more.
  expect(await usedToday({ accountId }, env, now + 86_400_000)).toMatchObject({ rowsRead: 0, rowsWritten: 0 })
})

it.each<[string, (env: CloudflareApi['env']) => NodeJS.ProcessEnv, RegExp]>([
  ['there is no token', () => ({}), /CLOUDFLARE_API_TOKEN is not set/],
  ['the token is none', (env) => ({ ...env, CLOUDFLARE_API_TOKEN: 'x'.repeat(40) }), /Authentication error/],
  [
    'nobody answers',
    (env) => ({ ...env, CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1/client/v4' }),
    /ECONNREFUSED|bad port/,
  ],
])('is said to be unknown, with the reason, where %s', async (_what, envOf, why) => {
  const { env, accountId } = await start()
  expect(await usedToday({ accountId }, envOf(env))).toEqual({
    unknown: expect.stringMatching(why) as string,
  })
})

it.each<[string, string, RegExp]>([
  [
    'refuses',
    '{"data":null,"errors":[{"message":"not authorized for that account"}]}',
    /refused the question: not authorized/,
  ],
  ['gives no account', '{"data":{"viewer":{"accounts":[]}}}', /no analytics/],
  [
    'gives another shape',
    '{"data":{"viewer":{"accounts":[{"d1AnalyticsAdaptiveGroups":[{"sum":{"rowsRead":"many"}}]}]}}}',
    /no analytics/,
  ],
])('is unknown where GraphQL %s', async (_what, body, why) => {
  const { env, accountId } = await start()
  api.fault({ route: 'graphql', kind: 'answers', body })
  expect(await usedToday({ accountId }, env)).toEqual({ unknown: expect.stringMatching(why) as string })
})
