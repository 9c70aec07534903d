import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runProbes } from '../../../src/activities/probes/run-probes.js'
import type { ProbeResult } from '../../../src/contract/monitoring.js'
import type { Target } from '../../../src/contract/target.js'
import { startCloudflareApi, type CloudflareApi } from '../../../sample/cloudflare-api/index.js'
import { makeLocalTarget, probe, serve, type LocalTarget } from './target.js'

const DATABASE = { id: '1f8a3b57-d640-4e9c-8c25-a7d93e06b4f2', name: 'art' }

let api: CloudflareApi
let local: LocalTarget
let target: Target

beforeAll(async () => {
  api = await startCloudflareApi({ databases: [{ ...DATABASE, sql: 'CREATE TABLE t (a)' }] })
  local = await makeLocalTarget()
  target = {
    ...local.target,
    environment: 'production',
    database: { ...DATABASE, remote: true },
    accountId: api.accountId,
  }
})
afterAll(async () => {
  await api.close()
  await local.remove()
})
beforeEach(() => {
  api.clearFaults()
  api.setAnalytics({})
})

async function look(
  fields: object = {},
  env: NodeJS.ProcessEnv = api.env,
  of = target,
): Promise<ProbeResult> {
  const probes = [probe({ kind: 'cloudflare-analytics', ...fields })]
  const [result] = await runProbes({ target: of, probes, env })
  if (result === undefined) throw new Error('No result.')
  return result
}

const queries = (count: number, error: string) => ({
  count,
  quantiles: { queryDurationMsP50: 4.5 },
  dimensions: { databaseId: DATABASE.id, error },
})

describe('the error rate of D1', () => {
  it('is the share of queries that ended with an error', async () => {
    api.setAnalytics({ d1QueriesAdaptiveGroups: [queries(97, '0'), queries(3, '1')] })
    const message = '3 of 100 queries failed'
    expect(await look()).toMatchObject({ ok: true, errorRate: 0.03, latencyMs: 4.5, message })
  })

  it('counts an error by name as one, and an empty name as none', async () => {
    api.setAnalytics({ d1QueriesAdaptiveGroups: [queries(1, ''), queries(1, 'SQLITE_ERROR: no such table')] })
    expect(await look()).toMatchObject({ errorRate: 0.5 })
  })

  it('is unknown without traffic: nothing failed because nothing was asked', async () => {
    api.setAnalytics({ d1QueriesAdaptiveGroups: [] })
    const result = await look()
    expect(result).toMatchObject({ ok: null, message: expect.stringContaining('no traffic') })
    expect(result.errorRate).toBeUndefined()
  })

  it('looks only at this database and at the window that is asked for', async () => {
    let asked = ''
    const listener = await serve((request, response) => {
      request.on('data', (chunk: Buffer) => {
        asked += chunk.toString()
      })
      request.on('end', () => response.end('{}'))
    })
    await runProbes({
      target,
      probes: [probe({ kind: 'cloudflare-analytics', windowMs: 900_000 })],
      env: { ...api.env, CLOUDFLARE_API_BASE_URL: listener.url },
      now: Date.UTC(2026, 0, 2, 12),
    })
    await listener.close()
    const { variables } = JSON.parse(asked) as { variables: object }
    expect(variables).toMatchObject({
      queries: {
        databaseId: DATABASE.id,
        datetime_geq: '2026-01-02T11:45:00.000Z',
        datetime_leq: '2026-01-02T12:00:00.000Z',
      },
    })
  })
})

it('takes the Worker into account where one is named: the worse rate counts', async () => {
  api.setAnalytics({
    d1QueriesAdaptiveGroups: [queries(100, '0')],
    workersInvocationsAdaptive: [
      { sum: { requests: 200, errors: 30 }, dimensions: { scriptName: 'archive' } },
    ],
  })
  expect(await look({ script: 'archive' })).toMatchObject({
    errorRate: 0.15,
    message: '0 of 100 queries failed, 30 of 200 requests failed',
  })
})

describe('nothing is known', () => {
  it('of a local database', async () => {
    expect(await look({}, api.env, local.target)).toMatchObject({
      ok: null,
      message: expect.stringContaining('local'),
    })
  })

  it('without a token', async () => {
    expect(await look({}, {})).toMatchObject({
      ok: null,
      message: expect.stringContaining('CLOUDFLARE_API_TOKEN'),
    })
  })

  it('with a token that is refused, and the message does not show it', async () => {
    const token = 'wrong-token-wrong-token-wrong-token-0000'
    const result = await look({}, { ...api.env, CLOUDFLARE_API_TOKEN: token })
    expect(result.ok).toBeNull()
    expect(result.message).not.toContain(token)
  })

  it('while the API fails', async () => {
    api.fault({ route: 'graphql', kind: '500' })
    expect(await look()).toMatchObject({
      ok: null,
      message: expect.stringContaining('Asking for analytics failed'),
    })
  })
})
