import { describe, expect, test } from 'vitest'
import { defined } from '../../src/contract/defined.js'
import type { Checkpoint, ProbeResult } from '../../src/contract/monitoring.js'
import { recordedRun } from '../../src/contract/recorded.js'
import type { Check, RunView } from '../../src/contract/run.js'
import { judgeCheckpoint } from '../../src/runbook/monitoring/judge.js'
import { completeWhen, considerRollbackWhen } from '../../src/runbook/success-criteria.js'
import { DEFAULT_THRESHOLDS } from './monitoring/judge-traces.js'
import { sampleBaseline, sampleRun } from './sample-run.js'

const states = (criteria: { state: string }[]): string[] => criteria.map(({ state }) => state)

test('a response time is not said to be below twice the baseline where a floor decides', () => {
  const because = (responseTimeFloorMs: number): string | undefined =>
    considerRollbackWhen(sampleRun(), { ...DEFAULT_THRESHOLDS, responseTimeFloorMs })[0]?.because
  expect(because(2000)).toContain(', where more than 2 times the baseline and more than 2 s count')
  expect(because(250)).toContain('more than 250 ms count')
})

test("the runbook's lines, word for word", () => {
  expect(completeWhen(sampleRun()).map(({ title }) => title)).toEqual([
    'All planned migrations applied successfully',
    'Application health checks pass',
    'Database performance within normal ranges',
    'No critical errors in monitoring',
    'Team confirms system functionality',
  ])
  expect(considerRollbackWhen(sampleRun(), DEFAULT_THRESHOLDS).map(({ title }) => title)).toEqual([
    'Application response time > 2x baseline',
    'Error rate > 5% increase from baseline',
    'Critical functionality broken',
    'Database connection failures',
    'User-reported major issues',
  ])
})

test('a good run meets all of the one and none of the other', () => {
  expect(states(completeWhen(sampleRun()))).toEqual(['met', 'met', 'met', 'met', 'met'])
  expect(states(considerRollbackWhen(sampleRun(), DEFAULT_THRESHOLDS))).toEqual([
    'not-met',
    'not-met',
    'not-met',
    'not-met',
    'not-met',
  ])
})

test('what nobody looked at is unknown, not met', () => {
  const blind = sampleRun({ monitoring: null, checks: [], gates: [], migrations: [] })
  expect(states(completeWhen(blind))).toEqual(['unknown', 'unknown', 'unknown', 'unknown', 'unknown'])
})

test('a checkpoint at which D1 exported the database is none that saw nothing', () => {
  const { monitoring } = sampleRun()
  if (monitoring === null) throw new Error('the sample run is monitored')
  const checkpoints = monitoring.checkpoints.map((one, index): Checkpoint => {
    const held = { probe: 'held', kind: 'sql', critical: false, ok: null, held: true as const, message: '' }
    return index < 2 ? { ...one, results: [...one.results, held] } : one
  })
  const lines = (view: RunView) =>
    considerRollbackWhen(view, DEFAULT_THRESHOLDS).map(({ because }) => because)
  const counted = /not seen in (\d+) checkpoints/
  const all = Number(counted.exec(lines(sampleRun())[3] ?? '')?.[1])
  const some = lines(sampleRun({ monitoring: { ...monitoring, checkpoints } }))[3] ?? ''
  expect(Number(counted.exec(some)?.[1])).toBe(all - 2)
  expect(some).toContain('more could not tell')
})

test('an error rate that no probe measures did not stay low: it is unknown', () => {
  const { monitoring } = sampleRun()
  if (monitoring === null) throw new Error('the sample run is monitored')
  const checkpoints = monitoring.checkpoints.map((one) => ({
    ...one,
    results: one.results.map(({ errorRate: _rate, ...result }) => result),
  }))
  const unmeasured = sampleRun({ monitoring: { ...monitoring, checkpoints } })
  expect(considerRollbackWhen(unmeasured, DEFAULT_THRESHOLDS)[1]).toMatchObject({
    state: 'unknown',
    because: 'no probe measures an error rate',
  })
})

describe('a run that ended at its validation', () => {
  const failed = (more: Partial<Check>): (string | undefined)[] => {
    const check: Check = {
      name: 'probe a',
      title: 'Query: a',
      state: 'failed',
      message: 'is 0',
      step: 'validate',
    }
    const view = sampleRun({ monitoring: null, checks: [{ ...check, ...more }] })
    return considerRollbackWhen(view, DEFAULT_THRESHOLDS)
      .slice(2, 4)
      .map(({ state, because }) => `${state}: ${because}`)
  }
  const none = expect.stringMatching(/^unknown: /) as string

  test('tells what was broken there', () => {
    const met = 'met: right after the migration: Query: a: is 0'
    expect(failed({ probeKind: 'sql', critical: true })).toEqual([met, none])
    expect(failed({ probeKind: 'connectivity', critical: true })).toEqual([none, met])
    expect(failed({ name: 'connectivity' })).toEqual([none, met])
  })

  test.each<Partial<Check>>([
    { probeKind: 'sql' },
    { probeKind: 'sql', critical: true, state: 'warned' },
    { probeKind: 'sql', critical: true, state: 'passed' },
    { probeKind: 'sql', critical: true, step: 'checklist' },
    { name: 'schema' },
  ])('and leaves unknown what was not: %o', (more) => {
    expect(failed(more)).toEqual([none, none])
  })
})

test('migrations that were taken back are not applied', () => {
  expect(completeWhen(sampleRun({ outcome: 'rolled-back' }))[0]?.state).toBe('not-met')
})

test('a partial migration is not an applied one', () => {
  const view = sampleRun()
  const migrations = view.migrations.map((one, at) =>
    at === 1 ? { ...one, state: 'partial' as const } : one,
  )
  expect(completeWhen({ ...view, migrations })[0]).toMatchObject({
    state: 'not-met',
    because: '0010_fill_tags.sql is partial',
  })
})

const RESULT: ProbeResult = {
  probe: 'health',
  kind: 'http',
  critical: true,
  ok: true,
  latencyMs: 200,
  message: 'status 200',
}

/** A run whose only checkpoint saw this, judged as the monitoring judges. */
function runThatSaw(...changes: Partial<ProbeResult>[]): RunView {
  const results = changes.map((change) => ({ ...RESULT, ...change }))
  const normal = { latenciesMs: [200, 201, 202], errorRate: 0, samples: 3 }
  const baseline = {
    ...sampleBaseline(),
    probes: Object.fromEntries(results.map(({ probe }) => [probe, normal])),
  }
  const judged = judgeCheckpoint({ baseline, thresholds: DEFAULT_THRESHOLDS, results })
  const checkpoint: Checkpoint = { number: 1, plannedAt: '', at: '', late: false, results, ...judged }
  return sampleRun({
    monitoring: {
      workflowId: 'm',
      checkpoints: [checkpoint],
      verdicts: { healthy: 0, degraded: 0, breached: 1, unknown: 0 },
      planned: 34,
    },
  })
}

const LINES = ['response time', 'error rate', 'critical functionality', 'database connection', 'issues']
const met = (view: RunView): string[] =>
  considerRollbackWhen(view, DEFAULT_THRESHOLDS).flatMap(({ state }, index) =>
    state === 'met' ? [LINES[index] ?? ''] : [],
  )

describe('a rollback criterion is met by what was measured', () => {
  test.each<[string, string[], Partial<ProbeResult>[]]>([
    ['a slow application', ['response time'], [{ latencyMs: 2000 }]],
    ['a slow metric of the application', ['response time'], [{ kind: 'prometheus', latencyMs: 2000 }]],
    ['many errors', ['error rate'], [{ kind: 'json-metric', errorRate: 0.4 }]],
    ['a critical check that fails', ['critical functionality'], [{ ok: false, message: 'status 500' }]],
    ['a database that does not answer', ['database connection'], [{ kind: 'connectivity', ok: false }]],
    [
      'two of them at once',
      ['error rate', 'database connection'],
      [
        { kind: 'connectivity', ok: false },
        { probe: 'edge', kind: 'cloudflare-analytics', errorRate: 0.3 },
      ],
    ],
  ])('%s: %j', (_, criteria, results) => {
    expect(met(runThatSaw(...results))).toEqual(criteria)
  })

  test.each<[string, Partial<ProbeResult>[]]>([
    ['a page that refuses connections', [{ critical: false, ok: false, message: 'connection refused' }, {}]],
    [
      'a page called as the criterion',
      [
        { probe: 'error rate page', critical: false, ok: false, message: 'status 404' },
        { probe: 'traffic', kind: 'json-metric', errorRate: 0 },
      ],
    ],
    ['a probe called "critical"', [{ probe: 'critical is broken', critical: false, ok: false }, {}]],
    ['a probe called "connection"', [{ probe: 'connection', critical: false, ok: false }, {}]],
    [
      'a message about a response time',
      [{ critical: false, ok: false, message: 'response time is null' }, {}],
    ],
    ['a slow database: its own line says so', [{ kind: 'connectivity', latencyMs: 2000 }]],
    ['an old backup', [{ probe: 'b', kind: 'backup', critical: true, ok: false }, {}]],
    [
      'a service that got slower within the limit',
      [{ latencyMs: 380 }, { kind: 'connectivity', probe: 'db' }],
    ],
  ])('%s meets none', (_, results) => {
    expect(met(runThatSaw(...results))).toEqual([])
  })

  test('a refused critical page is critical functionality, and says nothing of the database', () => {
    const view = runThatSaw(
      { ok: false, message: 'connection refused' },
      { probe: 'db', kind: 'connectivity', message: 'the database answers' },
    )
    expect(met(view)).toEqual(['critical functionality'])
    expect(considerRollbackWhen(view, DEFAULT_THRESHOLDS)[3]).toMatchObject({ state: 'not-met' })
  })

  test('a milder reason beside a breach is no breach', () => {
    const view = runThatSaw({ kind: 'connectivity', probe: 'db', ok: false })
    const [checkpoint] = view.monitoring?.checkpoints ?? []
    checkpoint?.reasons.push({
      criterion: 'response-time',
      probe: 'health',
      verdict: 'degraded',
      measured: 300,
      limit: 400,
      text: 'health: slower than before, though within the limit',
    })
    expect(met(view)).toEqual(['database connection'])
  })

  test('what no probe measures is unknown, never "not seen"', () => {
    expect(
      states(considerRollbackWhen(runThatSaw({ kind: 'sql', critical: false }), DEFAULT_THRESHOLDS)).slice(
        0,
        4,
      ),
    ).toEqual(['unknown', 'unknown', 'unknown', 'unknown'])
  })

  test('an answer that did not come is counted apart', () => {
    const view = sampleRun()
    expect(considerRollbackWhen(view, DEFAULT_THRESHOLDS)[2]?.because).toBe(
      'not seen in 33 checkpoints; 1 more could not tell',
    )
  })
})

describe('health and performance are judged by the kind of a probe, not by its name', () => {
  const probed = (probeKind: string | undefined, state: Check['state']): Check => ({
    name: 'probe storefront',
    title: 'Application health: storefront',
    state,
    message: 'status 200',
    ...defined({ probeKind }),
  })
  const health = (checks: Check[]): string =>
    completeWhen(sampleRun({ monitoring: null, checks }))[1]?.state ?? ''

  test('a health probe by any name counts after validation, and nothing else does', () => {
    expect(health([probed('http', 'passed')])).toBe('met')
    expect(health([probed('http', 'passed'), probed('http', 'failed')])).toBe('not-met')
    expect(health([probed('http', 'passed'), probed('http', 'warned')])).toBe('unknown')
    expect(health([probed('sql', 'passed')])).toBe('unknown')
    expect(health([{ ...probed(undefined, 'passed'), name: 'health', title: 'health insurance' }])).toBe(
      'unknown',
    )
  })

  test.each<[string, string, Partial<ProbeResult>[]]>([
    ['the application answers 500', 'met', [{ ok: false }, { probe: 'db', kind: 'connectivity' }]],
    ['the application is slow', 'met', [{ latencyMs: 5000 }, { probe: 'db', kind: 'connectivity' }]],
    ['a query finds another value', 'met', [{ kind: 'sql', ok: false, message: 'found 3 instead of 4' }]],
    ['the database is slow', 'not-met', [{ kind: 'connectivity', latencyMs: 5000 }]],
    ['a query is slow', 'not-met', [{ kind: 'sql', latencyMs: 5000 }]],
    ['the database does not answer', 'not-met', [{ kind: 'connectivity', ok: false }]],
    ['nothing measures the database', 'unknown', [{}]],
    [
      'the database was not seen',
      'unknown',
      [{ kind: 'cloudflare-analytics', ok: null, latencyMs: undefined }],
    ],
  ])('%s: database performance is %s', (_, state, results) => {
    expect(completeWhen(runThatSaw(...results))[2]?.state).toBe(state)
  })
})

test('a breach of which only the sentence was kept decides nothing', () => {
  const view = runThatSaw({ ok: false })
  const old = JSON.parse(
    JSON.stringify(view, (key, value: unknown) =>
      key === 'reasons' ? ['health: critical check is broken, connection refused'] : value,
    ),
  ) as RunView
  const criteria = considerRollbackWhen(recordedRun(old), DEFAULT_THRESHOLDS)
  expect(states(criteria).slice(0, 4)).toEqual(['unknown', 'unknown', 'unknown', 'unknown'])
  expect(criteria[0]?.because).toContain('health: critical check is broken, connection refused')
})

test('a minor issue is no reason to roll back, a major one is', () => {
  const issue = (severity: string): RunView =>
    sampleRun({ issues: [{ severity, description: 'search is slow', actor: 'Bo', at: '' }] })
  expect(considerRollbackWhen(issue('minor'), DEFAULT_THRESHOLDS)[4]?.state).toBe('not-met')
  expect(considerRollbackWhen(issue('major'), DEFAULT_THRESHOLDS)[4]).toMatchObject({
    state: 'met',
    because: 'Bo: search is slow',
  })
})

describe('the team confirms only what somebody could look at', () => {
  const yes = { actor: 'Ada', decision: 'approve', at: '2026-01-01T00:00:00Z', decisionId: '1' } as const
  const gate = (
    state: 'approved' | 'rejected' | 'expired' | 'skipped' | 'waiting',
    decisions: RunView['gates'][number]['decisions'],
  ): Partial<RunView> => ({ gates: [{ gate: 'team-confirmation', state, decisions, shows: [] }] })
  test.each([
    ['decided at the gate', 'met', gate('approved', [yes])],
    [
      'decided at the gate beside an approval of the start',
      'met',
      gate('approved', [{ ...yes, inAdvance: true }, yes]),
    ],
    ['given at the start', 'unknown', gate('approved', [{ ...yes, inAdvance: true }])],
    ['opened by the policy alone', 'unknown', gate('skipped', [])],
    ['declined', 'not-met', gate('rejected', [{ ...yes, decision: 'reject' }])],
    ['expired', 'not-met', gate('expired', [])],
  ] as const)('%s: %s', (_, state, view) => {
    expect(completeWhen(sampleRun(view))[4]?.state).toBe(state)
  })
})
