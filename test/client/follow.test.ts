import { expect, test } from 'vitest'
import { RunbookError, type FailureType } from '../../src/contract/failures.js'
import { nextLook, sinceAsked } from '../../src/client/follow.js'
import type { RunView } from '../../src/contract/run.js'
import { isoAfter, sampleRun } from '../runbook/sample-run.js'

const done = sampleRun({ outcome: null, phase: 'execute' })
const working: RunView = {
  ...done,
  steps: done.steps.map((one) => (one.step === 'execute' ? { ...one, state: 'running' } : one)),
}
const [gate] = working.gates
if (gate === undefined) throw new Error('the sample run has no gate')
const ahead = { for: 'the window', since: isoAfter(1) }

test('a step that works is looked at, though no event came', () => {
  expect(nextLook(working)).toBe(30_000)
  expect(nextLook({ ...working, waits: [{ ...ahead, until: isoAfter(2) }] })).toBe(30_000)
})

test.each<[string, RunView]>([
  ['people', { ...working, gates: [{ ...gate, state: 'open' }] }],
  ['the clock', { ...working, waits: [ahead] }],
  ['nothing', done],
])('while %s is waited for, nobody is asked', (_what, view) => {
  expect(nextLook(view)).toBeUndefined()
})

test.each<[FailureType, number]>([
  ['WorkerSilent', 2_000],
  // Who polled last, and who answered last, is known.
  ['WorkerMissing', 1_000],
  ['TemporalUnreachable', 1_000],
])('%s, asked at 2 s behind an answer of the server at 1 s, is since %i ms', (type, since) => {
  const error = new RunbookError(type, 'silent', { advice: '' })
  expect(sinceAsked({ error, since: 1_000 }, 2_000).since).toBe(since)
})

test('while monitoring, the next checkpoint is waited for', () => {
  expect(nextLook({ ...working, phase: 'monitor', monitoring: null })).toBe(5_000)
})
