import { expect, test } from 'vitest'
import { stepTimes, stepTook } from '../../src/text/step-times.js'
import { metricsLine } from '../../src/runbook/metrics.js'
import { isoAfter, sampleRun, STARTED } from '../runbook/sample-run.js'

const MINUTE = 60_000
const now = STARTED + 30 * MINUTE
const running = { step: 'execute', state: 'running' as const, startedAt: isoAfter(0), waitedMs: 5 * MINUTE }
const gate = (state: 'open' | 'approved') => ({ state, openedAt: isoAfter(20) })

test.each([
  ['a step that is over', { endedAt: isoAfter(12) }, [], { workMs: 7 * MINUTE, waitedMs: 5 * MINUTE }],
  ['one that runs', {}, [], { workMs: 25 * MINUTE, waitedMs: 5 * MINUTE }],
  ['one whose gate is open', {}, [gate('open')], { workMs: 15 * MINUTE, waitedMs: 15 * MINUTE }],
  ['one whose gate was decided', {}, [gate('approved')], { workMs: 25 * MINUTE, waitedMs: 5 * MINUTE }],
  [
    'one that is over while the gate of another is open',
    { endedAt: isoAfter(12) },
    [gate('open')],
    { workMs: 7 * MINUTE, waitedMs: 5 * MINUTE },
  ],
])('%s: what people took is no work', (_, of, gates, times) => {
  expect(stepTimes({ ...running, ...of }, { now, gates })).toEqual(times)
})

test('nothing is said of a step that never began, and of waiting where nobody was waited for', () => {
  const view = sampleRun()
  expect(stepTook({ step: 'execute', state: 'waiting' }, view, now)).toBe('')
  expect(stepTook({ ...running, waitedMs: 0 }, view, now)).toBe('30 min')
  expect(stepTook({ ...running, endedAt: isoAfter(12) }, view, now)).toBe('7 min, and 5 min for people')
})

test('so do the metrics of a team', () => {
  const line = metricsLine(sampleRun({ steps: [{ ...running, state: 'done', endedAt: isoAfter(12) }] }))
  expect(JSON.parse(line)).toMatchObject({ steps: { execute: 7 * MINUTE } })
})
