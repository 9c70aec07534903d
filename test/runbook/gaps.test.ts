import { describe, expect, test } from 'vitest'
import type { Probe } from '../../src/contract/monitoring.js'
import type { Check } from '../../src/contract/run.js'
import { brokenBefore, errorRateCheck, gapsOf, testsCheck, unaskedHealth } from '../../src/runbook/gaps.js'

const line = (state: Check['state'], actor?: string): Check => ({
  name: state,
  title: state,
  state,
  message: '',
  ...(actor === undefined ? {} : { actor }),
})
const probe = (kind: string, more: object = {}): Probe =>
  ({ name: kind, critical: false, timeoutMs: 1_000, kind, ...more }) as Probe

test.each([
  [line('warned'), true],
  [line('skipped', 'Ada'), true],
  [line('warned', 'Ada'), true],
  [line('skipped'), false],
  [line('passed'), false],
  [line('attested', 'Ada'), false],
  [line('failed'), false],
])('$state by $actor is a gap that stays open: %s', (check, is) => {
  expect(gapsOf({ checks: [check] })).toEqual(is ? [check] : [])
})

test.each([
  ['nobody', [], false],
  ['only the database', [probe('connectivity'), probe('sql'), probe('stability'), probe('backup')], false],
  ['only a metric', [probe('prometheus', { measures: 'errorRate' })], false],
  ['the application', [probe('sql'), probe('http')], true],
])('where %s is asked, the health of the application is known: %s', (_who, probes, known) => {
  const told = { title: 'Application health', state: 'warned', message: expect.stringContaining('unknown') }
  expect(unaskedHealth(probes)).toEqual(known ? undefined : expect.objectContaining(told))
})

describe('a probe that failed in the whole baseline', () => {
  const of = (errorRate: number, samples = 20, more: Probe = probe('sql', { critical: true })): unknown =>
    brokenBefore({ takenAt: '', probes: { [more.name]: { latenciesMs: [], errorRate, samples } } }, [more])

  test('was broken before', () => {
    const gap = { check: 'probe sql', title: 'Broken before: sql' }
    const failed = 'this critical probe failed in'
    expect(of(1)).toEqual([{ ...gap, message: `${failed} all 20 samples of the baseline` }])
    expect(of(1, 1)).toEqual([{ ...gap, message: `${failed} the only sample of the baseline` }])
    expect(of(1, 20, probe('sql'))).toMatchObject([{ message: expect.stringContaining('this probe failed') }])
  })

  test.each([
    ['one that answered sometimes', of(0.95)],
    ['one that answered', of(0)],
    ['one of which nothing is known', of(0, 0)],
    ['one that measured a rate of errors', of(1, 20, probe('prometheus', { measures: 'errorRate' }))],
    ['one that has no baseline', brokenBefore({ takenAt: '', probes: {} }, [probe('sql')])],
    ['one of a run without a baseline', brokenBefore(null, [probe('sql')])],
  ])('is not %s', (_which, gaps) => {
    expect(gaps).toEqual([])
  })
})

test('that no tests are run is a gap; that they will be is none, and no success yet', () => {
  expect(gapsOf({ checks: [testsCheck(undefined)] })).toHaveLength(1)
  expect(gapsOf({ checks: [testsCheck(['npm', 'test'])] })).toEqual([])
  expect(testsCheck(['npm', 'test']).state).toBe('skipped')
})

describe('a rise of the error rate is seen only where a probe knows it', () => {
  test.each([
    ['nobody', []],
    ['a health endpoint', [probe('http')]],
    ['a latency by Prometheus', [probe('prometheus', { measures: 'latencyMs' })]],
    ['a latency by JSON', [probe('json-metric', { measures: 'latencyMs' })]],
    ['the database itself', [probe('connectivity'), probe('sql'), probe('stability'), probe('backup')]],
  ])('%s does not', (_who, probes) => {
    expect(errorRateCheck(probes)).toMatchObject({
      state: 'warned',
      message: expect.stringContaining('no probe'),
    })
  })

  test.each([
    ['prometheus', { measures: 'errorRate' }],
    ['json-metric', { measures: 'errorRate' }],
    ['cloudflare-analytics', {}],
  ])('%s does', (kind, more) => {
    expect(errorRateCheck([probe('http'), probe(kind, more)])).toMatchObject({
      state: 'passed',
      message: kind,
    })
  })
})
