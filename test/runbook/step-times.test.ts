import { describe, expect, test } from 'vitest'
import { runTook, stepTimes, stepTook, waitedForPeople } from '../../src/runbook/step-times.js'
import { metricsLine } from '../../src/runbook/metrics.js'
import type { GateView } from '../../src/contract/run.js'
import { isoAfter, sampleRun, STARTED } from './sample-run.js'

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

test('what another step took within one is counted there alone', () => {
  const step = { ...running, endedAt: isoAfter(12), withinMs: 3 * MINUTE }
  expect(stepTimes(step)).toEqual({ workMs: 4 * MINUTE, waitedMs: 5 * MINUTE })
})

test.each([
  ['work', []],
  ['work that people decided on', [gate('approved')]],
  ['a gate of that other step', [gate('open')]],
])('what goes on within one is not its own: %s', (_, gates) => {
  const step = { ...running, withinMs: 3 * MINUTE, withinSince: isoAfter(14) }
  expect(stepTimes(step, { now, gates })).toEqual({ workMs: 6 * MINUTE, waitedMs: 5 * MINUTE })
})

test('nothing is said of a step that never began, and of waiting where nobody was waited for', () => {
  const { closedAt: _over, ...view } = sampleRun()
  expect(stepTook({ step: 'execute', state: 'waiting' }, view, now)).toBe('')
  expect(stepTook({ ...running, waitedMs: 0 }, view, now)).toBe('30 min')
  expect(stepTook({ ...running, endedAt: isoAfter(12) }, view, now)).toBe('7 min, and 5 min for people')
})

test('a step that a run left under way when it ended takes no longer by being looked at later', () => {
  const view = sampleRun({ closedAt: isoAfter(10) })
  expect(stepTook({ ...running, waitedMs: 0 }, view, now)).toBe('10 min')
})

describe('a gate between two steps', () => {
  const steps = [
    { step: 'prerequisites', state: 'done' as const, startedAt: isoAfter(0), endedAt: isoAfter(1) },
    { step: 'checklist', state: 'done' as const, startedAt: isoAfter(9), endedAt: isoAfter(10) },
    { step: 'execute', state: 'running' as const, startedAt: isoAfter(12) },
  ]
  const lead = { gate: 'team-lead' as const, shows: [], decisions: [], openedAt: isoAfter(1) }
  const at = (minutes: number) => ({
    ...{ actor: 'Ada', decision: 'approve' as const, at: isoAfter(minutes), decisionId: '1' },
  })
  const waits = (gate: object) => {
    const view = sampleRun({ steps, gates: [{ ...lead, state: 'approved', ...gate }] })
    return steps.map((step) => waitedForPeople(step, view, STARTED + 30 * MINUTE))
  }

  test.each([
    ['approved', { decisions: [at(9)] }, 8],
    ['declined', { state: 'rejected', decisions: [at(3)] }, 2],
    ['open still, or when the run ended', { state: 'open' }, 29],
    ['expired', { state: 'expired', expiresAt: isoAfter(5) }, 4],
    ['opened by itself', { state: 'skipped' }, 0],
    ['void, and decided before that', { state: 'waiting', earlier: [at(4)] }, 3],
  ])('that is %s was waited for, with the step that had ended before it', (_, gate, minutes) => {
    expect(waits(gate)).toEqual([minutes * MINUTE, undefined, undefined])
  })

  test.each([
    ['never opened', { state: 'waiting', openedAt: undefined }],
    ['opened within a step, which counted it itself', { openedAt: isoAfter(13), decisions: [at(20)] }],
    ['opened in the moment in which a step began', { openedAt: isoAfter(12), decisions: [at(20)] }],
  ])('that was %s is none', (_, gate) => {
    expect(waits(gate)).toEqual([undefined, undefined, undefined])
  })

  test.each([
    ['nobody was asked', { state: 'skipped' }, '30 min'],
    ['asked', { state: 'approved', decisions: [at(9)] }, '30 min, 8 min of it for people'],
    ['asked twice', { state: 'waiting', earlier: [at(4)] }, '30 min, at least 3 min of it for people'],
  ])('is part of what the run took, and said of it: %s', (_, gate, told) => {
    const view = sampleRun({ steps, gates: [{ ...lead, ...gate } as GateView] })
    expect(runTook({ ...view, startedAt: isoAfter(0) }, now)).toBe(told)
  })

  test('is said beside the work of that step', () => {
    const view = sampleRun({ steps, gates: [{ ...lead, state: 'approved', decisions: [at(9)] }] })
    expect(stepTook({ ...running, ...steps[0], waitedMs: 0 }, view, now)).toBe('1 min, and 8 min for people')
  })
})

test('so do the metrics of a team', () => {
  const line = metricsLine(sampleRun({ steps: [{ ...running, state: 'done', endedAt: isoAfter(12) }] }))
  expect(JSON.parse(line)).toMatchObject({ steps: { execute: 7 * MINUTE } })
})
