import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'
import { failureOf } from '../../../src/activities/as-activity.js'
import { messageOf, RunbookError } from '../../../src/contract/failures.js'
import { listAccounts } from '../../../src/d1/cloudflare/account.js'
import { askApi, askRaw } from '../../../src/d1/cloudflare/api.js'
import {
  budgetOf,
  CallBudget,
  graphqlBudgetOf,
  RESERVE,
  type Purpose,
} from '../../../src/d1/cloudflare/budget.js'
import { apiPath } from '../../../src/d1/cloudflare/send.js'

const ID = '11111111-1111-4111-8111-111111111111'
const NOW = 1_000_000

function told(left: number, seconds: number): Headers {
  return new Headers({ ratelimit: `"default";r=${left};t=${seconds}` })
}

describe('the calls that are left', () => {
  it.each<[string, number, Purpose, number]>([
    ['enough for all', RESERVE + 1, 'watch', 0],
    ['the reserve: who watches waits', RESERVE, 'watch', 90_000],
    ['the reserve: a change goes on', RESERVE, 'change', 0],
    ['one', 1, 'change', 0],
    ['none', 0, 'change', 90_000],
  ])('%s', (_what, left, purpose, wait) => {
    const budget = new CallBudget()
    budget.learn(told(left, 90), NOW)
    expect(budget.waitMs(purpose, NOW)).toBe(wait)
    expect(budget.waitMs(purpose, NOW + 90_000)).toBe(0)
  })

  it('are counted between two answers, and told anew by each', () => {
    const budget = new CallBudget()
    budget.learn(told(2, 60), NOW)
    budget.spend(NOW)
    budget.spend(NOW)
    expect(budget.waitMs('change', NOW)).toBe(60_000)
    budget.learn(told(900, 300), NOW)
    expect(budget.waitMs('watch', NOW)).toBe(0)
  })

  it('hold nobody back before an answer told them, or where it tells nothing', () => {
    const budget = new CallBudget()
    budget.spend(NOW)
    budget.learn(new Headers({ ratelimit: 'otherwise' }), NOW)
    expect(budget.waitMs('watch', NOW)).toBe(0)
  })

  it.each([
    ['as long as the API says', 120_000, 120_000],
    ['five minutes where it does not', 0, 300_000],
  ])('a block holds back everybody, %s', (_what, ms, wait) => {
    const budget = new CallBudget()
    budget.block(ms, NOW)
    expect(budget.waitMs('change', NOW)).toBe(wait)
    expect(budget.waitMs('change', NOW + wait)).toBe(0)
  })
})

describe('one worker, many askers', () => {
  let api: CloudflareApi | undefined
  afterEach(() => api?.close())

  async function start(calls: number, windowMs = 300_000, blockMs = 300_000) {
    const sql = 'CREATE TABLE t (a);'
    api = await startCloudflareApi({
      databases: [{ id: ID, name: 'production', sql }],
      rateLimit: { calls, windowMs, blockMs },
    })
    const { url, token, accountId, calls: served } = api
    const path = apiPath('accounts', accountId, 'd1', 'database', ID)
    const ask = (purpose: Purpose): Promise<unknown> =>
      askApi({ url, token, tries: 4, purpose }, { what: 'Asking', path, schema: z.unknown() })
    return { ask, served }
  }

  it('who watches stops at the reserve, and the migration has all of it', async () => {
    const { ask, served } = await start(RESERVE + 5)
    const watched = await Promise.allSettled(
      Array.from({ length: 40 }, async (_, at) => (at === 0 ? ask('watch') : undefined)),
    )
    expect(watched.every(({ status }) => status === 'fulfilled')).toBe(true)
    let refused: unknown
    for (let at = 0; at < 40 && refused === undefined; at += 1)
      await ask('watch').catch((error: unknown) => {
        refused = error
      })
    expect(refused).toMatchObject({ type: 'RateLimited' })
    expect(messageOf(refused)).toContain('those kept for the migration')
    expect(served).toHaveLength(5)
    for (let at = 0; at < RESERVE; at += 1) await ask('change')
    expect(served).toHaveLength(RESERVE + 5)
  })

  it('an overrun is not made: the run waits for the next window, and asks again by itself', async () => {
    const { ask, served } = await start(2, 1500)
    await ask('change')
    await ask('change')
    const before = Date.now()
    await ask('change')
    expect(Date.now() - before).toBeGreaterThan(500)
    expect(served).toHaveLength(3)
  })

  it('a block that others caused is met once, told with its length, and never knocked at', async () => {
    const { ask, served } = await start(1, 300_000, 120_000)
    const { url, token } = api ?? { url: '', token: '' }
    // A colleague's dashboard, with the same user.
    for (let at = 0; at < 2; at += 1)
      await fetch(`${url}/accounts`, { headers: { authorization: `Bearer ${token}` } })
    const error = await ask('change').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ type: 'RateLimited', retryable: true })
    const { retryAfterMs } = z.object({ retryAfterMs: z.number() }).parse((error as RunbookError).details)
    expect(retryAfterMs).toBeGreaterThan(100_000)
    const asked = served.length
    await ask('change').catch(() => undefined)
    await ask('watch').catch(() => undefined)
    expect(served).toHaveLength(asked)
    // The workflow waits as long: its few attempts are not used up in seconds.
    expect(failureOf(error).nextRetryDelay).toBe(retryAfterMs)
  })
})

it.each([
  ['its restores', 7500, 'Too many restores: at most 10 in 10 minutes', 'RateLimited'],
  ['its queue', 7429, 'D1 DB is overloaded. Requests queued for too long.', 'OutcomeUnknown'],
  ['its processor time', 7429, 'D1 DB exceeded its CPU time limit and was reset.', 'LimitReached'],
])('a limit of one database, such as %s, blocks no other call', async (_what, code, message, type) => {
  const api = await startCloudflareApi({ databases: [{ id: ID, name: 'production' }] })
  try {
    const { url, token, accountId } = api
    api.fault({ route: 'info', kind: 'says', says: { status: 429, code, message } })
    const path = apiPath('accounts', accountId, 'd1', 'database', ID)
    const ask = (): Promise<unknown> =>
      askApi({ url, token, tries: 1 }, { what: 'Asking', path, schema: z.unknown() })
    await expect(ask()).rejects.toMatchObject({ type })
    await expect(ask()).resolves.toBeDefined()
  } finally {
    await api.close()
  }
})

describe('GraphQL has a limit of its own', () => {
  const QUESTION = { what: 'Asking', path: '/graphql', body: { query: '{ viewer { __typename } }' } }
  const calls = (count: number) => ({ calls: count, windowMs: 300_000, blockMs: 300_000 })

  it('which its questions meet without an overrun, and no other call waits for', async () => {
    const api = await startCloudflareApi({
      databases: [{ id: ID, name: 'production' }],
      graphqlLimit: calls(2),
    })
    try {
      const client = { url: api.url, token: api.token, tries: 4 }
      const ask = (): Promise<unknown> => askRaw(client, QUESTION)
      await ask()
      await ask()
      const refused = await askRaw({ ...client, purpose: 'watch' }, QUESTION).catch((error: unknown) => error)
      expect(refused).toMatchObject({ type: 'RateLimited', retryable: true })
      // Of these none are kept for anybody.
      expect(messageOf(refused)).toMatch(/allows are used up; there are more in \d+ s/)
      expect(api.calls).toHaveLength(2)
      const path = apiPath('accounts', api.accountId, 'd1', 'database', ID)
      await askApi(client, { what: 'Asking', path, schema: z.unknown() })
      // What others of this user used up is met once, and waited for.
      expect(graphqlBudgetOf(client).waitMs('watch', Date.now())).toBeGreaterThan(200_000)
      expect(budgetOf(client).waitMs('change', Date.now())).toBe(0)
    } finally {
      await api.close()
    }
  })

  it('which is counted where no header tells it', () => {
    const budget = new CallBudget({ calls: 2, windowMs: 60_000 })
    expect(budget.waitMs('watch', NOW)).toBe(0)
    budget.spend(NOW)
    expect(budget.waitMs('watch', NOW)).toBe(0)
    budget.spend(NOW + 10_000)
    expect(budget.waitMs('change', NOW + 10_000)).toBe(50_000)
    expect(budget.waitMs('change', NOW + 60_000)).toBe(0)
    budget.spend(NOW + 60_000)
    expect(budget.waitMs('change', NOW + 60_000)).toBe(0)
  })

  it('of which a question takes one of the calls of all, too', async () => {
    const api = await startCloudflareApi({ databases: [], rateLimit: calls(1) })
    try {
      const client = { url: api.url, token: api.token, tries: 1 }
      await askRaw(client, QUESTION)
      await expect(askRaw(client, QUESTION)).rejects.toMatchObject({ type: 'RateLimited' })
    } finally {
      await api.close()
    }
  })
})

describe('pages', () => {
  it('end where the API says that they end, and where it gives the same one again', async () => {
    const api = await startCloudflareApi({ databases: [{ id: ID, name: 'production' }] })
    try {
      expect(await listAccounts({ url: api.url, token: api.token, tries: 1 })).toHaveLength(1)
      expect(api.calls).toHaveLength(1)
    } finally {
      await api.close()
    }
  })
})

it('what is not to be tried again is not delayed either', () => {
  const error = new RunbookError('LimitReached', 'full', { advice: 'less', details: { retryAfterMs: 1000 } })
  expect(failureOf(error).nextRetryDelay).toBeUndefined()
})
