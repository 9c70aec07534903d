import { expect, test } from 'vitest'
import { nextLook } from '../../src/client/follow.js'
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

test('while monitoring, the next checkpoint is waited for', () => {
  expect(nextLook({ ...working, phase: 'monitor', monitoring: null })).toBe(5_000)
})
