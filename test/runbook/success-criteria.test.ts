import { expect, test } from 'vitest'
import type { Checkpoint } from '../../src/contract/monitoring.js'
import type { RunView } from '../../src/contract/run.js'
import { judgeCheckpoint } from '../../src/runbook/monitoring/judge.js'
import { completeWhen, considerRollbackWhen } from '../../src/runbook/success-criteria.js'
import { DEFAULT_THRESHOLDS } from './monitoring/judge-traces.js'
import { sampleBaseline, sampleRun } from './sample-run.js'

const states = (criteria: { state: string }[]): string[] => criteria.map(({ state }) => state)

test("the runbook's lines, word for word", () => {
  expect(completeWhen(sampleRun()).map(({ title }) => title)).toEqual([
    'All planned migrations applied successfully',
    'Application health checks pass',
    'Database performance within normal ranges',
    'No critical errors in monitoring',
    'Team confirms system functionality',
  ])
  expect(considerRollbackWhen(sampleRun()).map(({ title }) => title)).toEqual([
    'Application response time > 2x baseline',
    'Error rate > 5% increase from baseline',
    'Critical functionality broken',
    'Database connection failures',
    'User-reported major issues',
  ])
})

test('a good run meets all of the one and none of the other', () => {
  expect(states(completeWhen(sampleRun()))).toEqual(['met', 'met', 'met', 'met', 'met'])
  expect(states(considerRollbackWhen(sampleRun()))).toEqual([
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

test('an error rate that no probe measures did not stay low: it is unknown', () => {
  const { monitoring } = sampleRun()
  if (monitoring === null) throw new Error('the sample run is monitored')
  const checkpoints = monitoring.checkpoints.map((one) => ({
    ...one,
    results: one.results.map(({ errorRate: _rate, ...result }) => result),
  }))
  const unmeasured = sampleRun({ monitoring: { ...monitoring, checkpoints } })
  expect(considerRollbackWhen(unmeasured)[1]).toMatchObject({
    state: 'unknown',
    because: 'no probe measures an error rate',
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

/** The reasons are the judge's own: if its words change, these ticks must still find them. */
test.each([
  [0, { latencyMs: 2000 }],
  [1, { errorRate: 0.4 }],
  [2, { ok: false }],
  [3, { kind: 'connectivity', ok: false }],
])("rollback criterion %i is found in the judge's own reasons", (index, change) => {
  const results = [{ probe: 'health', kind: 'http', critical: true, ok: true, message: 'x', ...change }]
  const baseline = {
    ...sampleBaseline(),
    probes: { health: { latenciesMs: [200, 201, 202], errorRate: 0, samples: 3 } },
  }
  const judged = judgeCheckpoint({ baseline, thresholds: DEFAULT_THRESHOLDS, results })
  const checkpoint: Checkpoint = { number: 1, plannedAt: '', at: '', late: false, results, ...judged }
  const view: RunView = sampleRun({
    monitoring: {
      workflowId: 'm',
      checkpoints: [checkpoint],
      verdicts: { healthy: 0, degraded: 0, breached: 1, unknown: 0 },
      planned: 34,
    },
  })
  const met = states(considerRollbackWhen(view)).map((state) => state === 'met')
  expect(met).toEqual([0, 1, 2, 3, 4].map((at) => at === index))
})

test('a minor issue is no reason to roll back, a major one is', () => {
  const issue = (severity: string): RunView =>
    sampleRun({ issues: [{ severity, description: 'search is slow', actor: 'Bo', at: '' }] })
  expect(considerRollbackWhen(issue('minor'))[4]?.state).toBe('not-met')
  expect(considerRollbackWhen(issue('major'))[4]).toMatchObject({
    state: 'met',
    because: 'Bo: search is slow',
  })
})
