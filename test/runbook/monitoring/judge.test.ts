import { describe, expect, test } from 'vitest'
import type { Baseline, ProbeResult } from '../../../src/contract/monitoring.js'
import { judgeCheckpoint } from '../../../src/runbook/monitoring/judge.js'
import { DEFAULT_THRESHOLDS } from './judge-traces.js'

const latenciesMs = Array.from({ length: 20 }, (_, index) => 195 + (index % 10))
const baseline: Baseline = {
  takenAt: '2026-01-01T00:00:00Z',
  probes: { health: { latenciesMs, errorRate: 0, samples: 20 } },
}
const health = (change: Partial<ProbeResult> = {}): ProbeResult => ({
  probe: 'health',
  kind: 'http',
  critical: true,
  ok: true,
  latencyMs: 200,
  message: 'status 200',
  ...change,
})
const verdictOf = (
  results: ProbeResult[],
  change: Partial<Parameters<typeof judgeCheckpoint>[0]> = {},
): string => judgeCheckpoint({ baseline, thresholds: DEFAULT_THRESHOLDS, results, ...change }).verdict

test('what fails while D1 exports the database is unknown, and no reason to take back', () => {
  const held = { probe: 'db', kind: 'connectivity', ok: null, held: true as const, message: 'exporting' }
  const seen = [health({ ok: false, message: 'status 500' }), health(held)]
  const { verdict, reasons } = judgeCheckpoint({ baseline, thresholds: DEFAULT_THRESHOLDS, results: seen })
  expect(verdict).toBe('unknown')
  expect(reasons.map(({ criterion }) => criterion)).toEqual(['no-data', 'no-data'])
  expect(reasons[0]?.text).toMatch(/status 500; D1 was exporting or importing the database then/)
  // Without that, and where the application answers well meanwhile, nothing is different.
  expect(verdictOf([health({ ok: false }), health({ ...held, held: undefined as never })])).toBe('breached')
  expect(
    judgeCheckpoint({ baseline, thresholds: DEFAULT_THRESHOLDS, results: [health(), health(held)] }).reasons,
  ).toHaveLength(1)
})

describe("the runbook's rollback criteria are the defaults", () => {
  test.each<[string, string, ProbeResult[]]>([
    ['all well', 'healthy', [health()]],
    ['response time above twice the baseline', 'breached', [health({ latencyMs: 450 })]],
    ['response time just below twice the baseline', 'healthy', [health({ latencyMs: 390 })]],
    ['error rate up by more than five points', 'breached', [health({ errorRate: 0.06 })]],
    ['error rate up by five points', 'healthy', [health({ errorRate: 0.05 })]],
    ['critical check broken', 'breached', [health({ ok: false })]],
    [
      'connection failure, marked critical or not',
      'breached',
      [health(), health({ probe: 'db', kind: 'connectivity', critical: false, ok: false })],
    ],
    [
      'ledger or schema changed',
      'breached',
      [health(), health({ probe: 's', kind: 'stability', critical: false, ok: false })],
    ],
    ['one minor check broken', 'degraded', [health(), health({ probe: 'a', critical: false, ok: false })]],
    [
      'two minor checks broken',
      'breached',
      [
        health(),
        health({ probe: 'a', critical: false, ok: false }),
        health({ probe: 'b', critical: false, ok: false }),
      ],
    ],
    [
      'no newer backup: nothing that rolling back would mend',
      'degraded',
      [health(), health({ probe: 'b', kind: 'backup', ok: false })],
    ],
  ])('%s: %s', (_, verdict, results) => {
    expect(verdictOf(results)).toBe(verdict)
  })
})

describe('missing data is unknown, never healthy', () => {
  test.each<[string, string, ProbeResult[]]>([
    ['a critical probe without an answer', 'unknown', [health({ ok: null })]],
    ['a probe of the baseline that did not report', 'unknown', [health({ probe: 'other' })]],
    ['nothing at all', 'unknown', []],
    [
      'a minor probe without an answer',
      'degraded',
      [health(), health({ probe: 'a', critical: false, ok: null })],
    ],
    [
      'a breach beside missing data stays a breach',
      'breached',
      [health({ ok: null }), health({ probe: 'db', kind: 'connectivity', ok: false })],
    ],
  ])('%s: %s', (_, verdict, results) => {
    expect(verdictOf(results)).toBe(verdict)
  })

  test('nothing at all, without any baseline', () => {
    expect(verdictOf([], { baseline: { takenAt: '', probes: {} } })).toBe('unknown')
  })

  test('a slow answer without a baseline to compare it with', () => {
    expect(verdictOf([health({ latencyMs: 3000 })], { baseline: { takenAt: '', probes: {} } })).toBe(
      'unknown',
    )
  })
})

test('twice nothing is still nothing: below the floor no latency breaches', () => {
  const fast: Baseline = {
    takenAt: '',
    probes: { health: { latenciesMs: [2, 3, 2, 3], errorRate: 0, samples: 4 } },
  }
  expect(verdictOf([health({ latencyMs: 40 })], { baseline: fast })).toBe('healthy')
})

test('a noisy baseline asks for more than one value, and a median of five is believed', () => {
  const spread = [90, 120, 150, 180, 200, 200, 220, 260, 330, 420]
  const noisy: Baseline = {
    takenAt: '',
    probes: { health: { latenciesMs: [...spread, ...spread], errorRate: 0, samples: 20 } },
  }
  const slow = [health({ latencyMs: 560 })]
  expect(verdictOf(slow, { baseline: noisy })).toBe('degraded')
  const history = Array.from({ length: 4 }, () => ({ results: slow }))
  expect(verdictOf(slow, { baseline: noisy, history })).toBe('breached')
})

test('a service that got slower within the limit is called degraded once enough was seen', () => {
  const slower = [health({ latencyMs: 300 })]
  expect(verdictOf(slower)).toBe('healthy')
  expect(verdictOf(slower, { history: Array.from({ length: 4 }, () => ({ results: slower })) })).toBe(
    'degraded',
  )
})

test('reasons name the probe and the figures', () => {
  const judged = judgeCheckpoint({
    baseline,
    thresholds: DEFAULT_THRESHOLDS,
    results: [health({ latencyMs: 900 })],
  })
  expect(judged.reasons).toEqual([
    {
      criterion: 'response-time',
      probe: 'health',
      verdict: 'breached',
      measured: 900,
      limit: 399,
      text: 'health: response time 900 ms, baseline 200 ms, limit 399 ms',
    },
  ])
  expect(judged.latencyMs).toBe(900)
})
