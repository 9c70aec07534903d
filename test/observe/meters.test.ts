import type { MetricMeter, MetricTags } from '@temporalio/common'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { OUTCOMES } from '../../src/contract/names.js'
import { createMeters, gateTimes, stepTimes } from '../../src/observe/meters.js'
import { jsonLine } from '../../src/observe/runtime.js'
import { readObserveSettings } from '../../src/observe/settings.js'
import { sampleRun } from '../runbook/sample-run.js'

/** Keeps what it is told: the last value of a gauge, the sum of a counter, the values of a histogram, each by its labels. */
function recordingMeter() {
  const seen = new Map<string, number[]>()
  const keep = (name: string, value: number, tags: MetricTags = {}): void => {
    const key = `${name} ${Object.values(tags).join(' ')}`.trim()
    seen.set(key, [...(seen.get(key) ?? []), value])
  }
  const instrument = (name: string) => ({
    add: (value: number, tags?: MetricTags) => keep(name, value, tags),
    set: (value: number, tags?: MetricTags) => keep(name, value, tags),
    record: (value: number, tags?: MetricTags) => keep(name, value, tags),
  })
  const meter = {
    createCounter: instrument,
    createGauge: instrument,
    createHistogram: instrument,
  } as unknown as MetricMeter
  const sum = (key: string): number => (seen.get(key) ?? []).reduce((all, value) => all + value, 0)
  return { meter, seen, sum, last: (key: string) => seen.get(key)?.at(-1) }
}

describe('what is counted', () => {
  test('a run that ended is counted once, however often its report is written; one under way is not', () => {
    const { meter, sum, seen } = recordingMeter()
    const meters = createMeters(meter)
    meters.ended(sampleRun({ outcome: null }))
    expect(seen.size).toBe(0)
    const view = sampleRun({ outcome: 'failed' })
    for (let times = 0; times < 3; times += 1) meters.ended(view)
    expect(sum(`d1_runbook_runs_ended ${view.environment} failed`)).toBe(1)
    meters.ended({ ...view, runId: 'another' })
    expect(sum(`d1_runbook_runs_ended ${view.environment} failed`)).toBe(2)
  })

  test('a phase that nobody is in any more is 0, and an environment that is seen begins at 0 in all', () => {
    const { meter, last, sum } = recordingMeter()
    const meters = createMeters(meter)
    meters.open([{ environment: 'production', phase: 'backup' }])
    expect(last('d1_runbook_runs_open production backup')).toBe(1)
    meters.open([{ environment: 'production', phase: 'monitor' }])
    expect(last('d1_runbook_runs_open production backup')).toBe(0)
    expect(last('d1_runbook_runs_open production monitor')).toBe(1)
    for (const outcome of OUTCOMES) expect(last(`d1_runbook_runs_ended production ${outcome}`)).toBe(0)
    expect(sum('d1_runbook_checkpoints production breached')).toBe(0)
  })

  test('calls add up to what was made, and what is left is told only where it is known', () => {
    const { meter, sum, last } = recordingMeter()
    const meters = createMeters(meter)
    for (const [made, left] of [
      [3, undefined],
      [3, 900],
      [10, 250],
    ] as const)
      meters.calls({ made, left })
    expect(sum('d1_runbook_cloudflare_calls')).toBe(10)
    expect(last('d1_runbook_cloudflare_calls_left')).toBe(250)
  })

  test('the age of a backup is that of the newest, in whatever order they are told', () => {
    const { meter, last } = recordingMeter()
    const meters = createMeters(meter)
    const of = (id: string) => ({ environment: 'production', database: { id } })
    meters.backup(of('a'), '2026-11-26T00:00:00Z')
    meters.backup(of('a'), '2026-11-25T00:00:00Z')
    meters.backup(of('b'), '2026-11-24T00:00:00Z')
    meters.backup(of('b'), 'no time')
    const name = 'd1_runbook_backup_created_timestamp_seconds production'
    expect(last(`${name} a`)).toBe(Date.parse('2026-11-26T00:00:00Z') / 1000)
    expect(last(`${name} b`)).toBe(Date.parse('2026-11-24T00:00:00Z') / 1000)
  })

  test('labels of anybody do not grow without end', () => {
    const { meter, seen } = recordingMeter()
    const meters = createMeters(meter)
    meters.open(Array.from({ length: 5_000 }, (_, n) => ({ environment: `e${n}`, phase: `p${n}` })))
    for (let n = 0; n < 5_000; n += 1) {
      const database = { id: `${n}` }
      meters.backup({ environment: `e${n}`, database }, '2026-11-26T00:00:00Z')
    }
    const environments = new Set([...seen.keys()].map((key) => key.split(' ')[1]))
    expect(environments.size).toBeLessThanOrEqual(101)
    expect(environments).toContain('other')
  })
})

describe('times', () => {
  const at = (minute: number): string => new Date(Date.UTC(2026, 10, 26, 12, minute)).toISOString()

  test.each([
    ['a step', { startedAt: at(0), endedAt: at(2) }, 120],
    ['without what people took', { startedAt: at(0), endedAt: at(2), waitedMs: 90_000 }, 30],
    ['one that runs still', { startedAt: at(0) }, undefined],
    ['one that never began', {}, undefined],
    ['a clock that went back', { startedAt: at(2), endedAt: at(0) }, undefined],
    ['no time at all', { startedAt: 'soon', endedAt: at(1) }, undefined],
  ])('%s', (_, times, seconds) => {
    const [taken] = stepTimes({ steps: [{ step: 'backup', state: 'done', ...times }] })
    expect(taken?.seconds).toBe(seconds)
  })

  test('a step that the runbook does not have is `other`', () => {
    const times = { startedAt: at(0), endedAt: at(1) }
    const steps = ['rehearse', 'x'.repeat(1_000)].map((step) => ({ step, state: 'done' as const, ...times }))
    expect(stepTimes({ steps }).map(({ name }) => name)).toEqual(['rehearse', 'other'])
  })

  test.each([
    ['decided', 'approved', [at(1), at(3)], undefined, 180],
    ['rejected', 'rejected', [at(1)], undefined, 60],
    ['expired', 'expired', [], at(5), 300],
    ['open still', 'open', [at(1)], undefined, undefined],
    ['by nobody', 'approved', [], undefined, undefined],
  ] as const)('a gate that was %s', (_, state, decided, expiresAt, seconds) => {
    const decisions = decided.map((time) => ({
      actor: 'Bea',
      decision: 'approve' as const,
      at: time,
      decisionId: time,
    }))
    const gate = { gate: 'plan' as const, state, decisions, openedAt: at(0), shows: [] }
    const [taken] = gateTimes({ gates: [expiresAt === undefined ? gate : { ...gate, expiresAt }] })
    expect(taken?.seconds).toBe(seconds)
  })
})

describe('where it is served', () => {
  test.each([
    ['9464', { host: '127.0.0.1', port: 9464 }],
    ['0', { host: '127.0.0.1', port: 0 }],
    ['0.0.0.0:9464', { host: '0.0.0.0', port: 9464 }],
    ['[::1]:9464', { host: '::1', port: 9464 }],
    ['worker-1.internal:80', { host: 'worker-1.internal', port: 80 }],
  ])('%s', (text, metrics) => {
    expect(readObserveSettings(text, {}).metrics).toEqual(metrics)
    expect(readObserveSettings(undefined, { D1_RUNBOOK_METRICS: text }).metrics).toEqual(metrics)
  })

  test.each(['x', '-1', '65536', '9464/metrics', ':9464', '::1:9464', 'http://a:1', '1.5'])(
    '%s is no place',
    (text) => {
      expect(() => readObserveSettings(text, {})).toThrow(/a port, or host:port/)
    },
  )

  test('nothing asked for, nothing served; a log of another kind is refused', () => {
    expect(readObserveSettings(undefined, { D1_RUNBOOK_METRICS: '' })).toEqual({
      metrics: undefined,
      json: false,
    })
    expect(readObserveSettings(undefined, { D1_RUNBOOK_LOG: 'json' }).json).toBe(true)
    expect(() => readObserveSettings(undefined, { D1_RUNBOOK_LOG: 'xml' })).toThrow(/json or text/)
  })
})

test('a line of the log is one JSON document, names run and activity, and holds no secret', () => {
  const error = new Error('Bearer abcdefgh12345678 was refused at https://hooks.slack.com/services/T0/B0/x')
  const meta = { workflowId: 'migration/local/1', activityType: 'announce', gate: 'plan', attempt: 2, error }
  const line = jsonLine({
    message: 'a\n"b"',
    level: 'WARN',
    timestampNanos: 1_795_712_165_065_000_000n,
    meta,
  })
  expect(line).not.toContain('\n')
  expect(JSON.parse(line)).toMatchObject({
    time: '2026-11-26T16:56:05.065Z',
    level: 'WARN',
    message: 'a\n"b"',
    run: 'migration/local/1',
    activity: 'announce',
    gate: 'plan',
    attempt: 2,
  })
  expect(line).not.toMatch(/abcdefgh12345678|hooks\.slack/)
})

test('the panels of the dashboard name each panel and query once', () => {
  const dashboard = JSON.parse(
    readFileSync(new URL('../../docker/observability/dashboard.json', import.meta.url), 'utf8'),
  ) as { panels: { id: number; title: string; targets: { expr: string }[] }[] }
  const titles = dashboard.panels.map(({ title }) => title)
  expect(new Set(titles).size).toBe(titles.length)
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(titles.length)
})
