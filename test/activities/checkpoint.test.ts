import { readSnapshot } from '../../src/d1/read/open-reader.js'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { takeBaseline } from '../../src/activities/baseline.js'
import { runCheckpoint } from '../../src/activities/checkpoint.js'
import {
  baselineSchema,
  checkpointSchema,
  monitoringPlanSchema,
  type Baseline,
  type Checkpoint,
} from '../../src/contract/monitoring.js'
import { reasonTexts } from '../../src/contract/reasons.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { startHealthService, type HealthService } from '../../sample/health.js'
import { prepareRemoteSample } from '../../sample/prepare.js'
import { startCloudflareApi } from '../../sample/cloudflare-api/index.js'
import { makeLocalTarget, probe, type LocalTarget } from './probes/target.js'

let folder: string
let archive: string
let local: LocalTarget
let health: HealthService

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'checkpoint é '))
  const sample = await prepareRemoteSample({ to: path.join(folder, 'p'), dataDir: path.join(folder, 'data') })
  archive = sample.databases[0]?.file ?? ''
})
afterAll(() => rm(folder, { recursive: true, force: true }))
beforeEach(async () => {
  local = await makeLocalTarget()
  health = await startHealthService({ source: { databaseFile: archive } })
})
afterEach(async () => {
  await health.close()
  await local.remove()
})

function planOf(fields: object = {}) {
  const probes = [
    probe({
      name: 'health',
      kind: 'http',
      url: health.url,
      critical: true,
      expectJson: { path: 'status', equals: 'ok' },
    }),
    probe({ name: 'database', kind: 'connectivity', critical: true }),
    probe({ name: 'stability', kind: 'stability', critical: true }),
  ]
  return monitoringPlanSchema.parse({
    probes,
    // Far above what a busy machine takes by itself, and below the slow answer of these tests.
    thresholds: { responseTimeFloorMs: 1_000 },
    offsetsMs: [1],
    baselineSamples: 6,
    baselinePauseMs: 0,
    ...fields,
  })
}

describe('the baseline', () => {
  it('holds every sample of every probe that means something before the migration', async () => {
    const beats: number[] = []
    const monitoring = planOf()
    const baseline = await takeBaseline(
      { target: local.target, monitoring },
      { heartbeat: ({ sample }) => beats.push(sample) },
    )
    expect(baselineSchema.parse(baseline)).toEqual(baseline)
    expect(Object.keys(baseline.probes)).toEqual(['health', 'database'])
    expect(baseline.probes['health']).toMatchObject({ errorRate: 0, samples: 6 })
    expect(baseline.probes['health']?.latenciesMs).toHaveLength(6)
    expect(beats).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('counts failures as its error rate, and their latency as none', async () => {
    health.setBehaviour({ errorRate: 0.5 })
    const baseline = await takeBaseline({ target: local.target, monitoring: planOf() })
    expect(baseline.probes['health']).toMatchObject({ errorRate: 0.5, samples: 6 })
    expect(baseline.probes['health']?.latenciesMs).toHaveLength(3)
  })

  it('does not count what could not be known', async () => {
    const probes = [probe({ name: 'far', kind: 'cloudflare-analytics' })]
    const baseline = await takeBaseline({ target: local.target, monitoring: planOf({ probes }) })
    expect(baseline.probes['far']).toEqual({ latenciesMs: [], errorRate: 0, samples: 0 })
  })

  it('asks analytics for this hour of the last week instead of asking for the same one again and again', async () => {
    const database = { id: 'c4e9b6d2-8a57-4f03-b1de-62f7a90c5e84', name: 'art' }
    const api = await startCloudflareApi({ databases: [database] })
    api.setAnalytics({
      d1QueriesAdaptiveGroups: [
        { count: 10, quantiles: { queryDurationMsP50: 3 }, dimensions: { databaseId: database.id } },
      ],
    })
    const target = { ...local.target, accountId: api.accountId, database: { ...database, remote: true } }
    const probes = [probe({ name: 'analytics', kind: 'cloudflare-analytics' })]
    const baseline = await takeBaseline({ target, monitoring: planOf({ probes }) }, { env: api.env })
    await api.close()
    expect(baseline.probes['analytics']).toEqual({ latenciesMs: Array(8).fill(3), errorRate: 0, samples: 8 })
  })

  it('stops with the reason of the cancellation, also while it waits', async () => {
    const controller = new AbortController()
    const taking = takeBaseline(
      { target: local.target, monitoring: planOf({ baselinePauseMs: 600_000 }) },
      { signal: controller.signal, heartbeat: () => controller.abort(new Error('cancelled by Temporal')) },
    )
    await expect(taking).rejects.toThrow('cancelled by Temporal')
  })
})

describe('a checkpoint against the health service', () => {
  let baseline: Baseline
  let number = 0
  let expected: { schemaFingerprint: string; ledger: string[] }

  beforeEach(async () => {
    baseline = await takeBaseline({ target: local.target, monitoring: planOf() })
    const { ledger, schemaFingerprint } = await readSnapshot(local.target)
    expected = { schemaFingerprint, ledger: ledger.map(({ name }) => name) }
  })

  async function check(): Promise<Checkpoint> {
    const { probes, thresholds } = planOf()
    number += 1
    const plannedAt = new Date().toISOString()
    const checkpoint = await runCheckpoint({
      target: local.target,
      probes,
      thresholds,
      baseline,
      expected,
      number,
      plannedAt,
      late: false,
      sampling: { samples: 3, pauseMs: 1 },
    })
    expect(checkpointSchema.parse(checkpoint)).toEqual(checkpoint)
    return checkpoint
  }

  it('is healthy while nothing is wrong, with the latency for the chart', async () => {
    const checkpoint = await check()
    expect(checkpoint).toMatchObject({ verdict: 'healthy', reasons: [], late: false })
    expect(checkpoint.latencyMs).toBeGreaterThan(0)
    expect(checkpoint.results.map(({ probe: name }) => name)).toEqual(['health', 'database', 'stability'])
  })

  it.each([
    ['slow', { delayMs: 4_000 }, 'response-time', /health: response time \d{4} ms/],
    ['erroneous', { errorRate: 1 }, 'critical-functionality', /health: .*status 500 instead of 200/],
    ['dead', { dead: true }, 'critical-functionality', /health: .*connection/],
  ])(
    'is breached when the service turns %s, and healthy again after it',
    async (_how, behaviour, criterion, reason) => {
      health.setBehaviour(behaviour)
      const bad = await check()
      expect(bad.verdict).toBe('breached')
      expect(bad.reasons).toMatchObject([{ criterion, probe: 'health', verdict: 'breached' }])
      expect(reasonTexts(bad.reasons).join('\n')).toMatch(reason)
      health.setBehaviour({ delayMs: 0, errorRate: 0, dead: false })
      expect((await check()).verdict).toBe('healthy')
    },
  )

  it('takes one bad answer of three for chance, and says so', async () => {
    health.setBehaviour({ errorRate: 0.34 })
    const checkpoint = await check()
    expect(checkpoint.verdict).toBe('healthy')
    expect(checkpoint.results[0]).toMatchObject({ ok: true, samples: 2 })
    expect(checkpoint.results[0]?.message).toContain('1 of 3 answers differed: status 500')
  })

  it('is breached when somebody changes the schema behind our back', async () => {
    const database = openSqlite(local.file)
    database.exec('DROP TABLE artworks')
    database.close()
    const checkpoint = await check()
    expect(checkpoint.verdict).toBe('breached')
    expect(checkpoint.reasons).toMatchObject([{ criterion: 'schema', probe: 'stability' }])
  })
})
