import { describe, expect, test } from 'vitest'
import type { Probe } from '../../src/contract/monitoring.js'
import type { Check } from '../../src/contract/run.js'
import { errorRateCheck, gapsOf, testsCheck, unaskedHealth } from '../../src/runbook/gaps.js'

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
