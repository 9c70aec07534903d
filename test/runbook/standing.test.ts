import { describe, expect, test } from 'vitest'
import { runLines } from '../../src/cli/terminal/run-text.js'
import { watchPicture } from '../../src/cli/commands/watch.js'
import { arrange } from '../../src/cli/terminal/picture.js'
import { createOutput } from '../../src/cli/terminal/output.js'
import { plain } from '../../src/contract/command-line.js'
import type { RunView } from '../../src/contract/run.js'
import { renderChecklist } from '../../src/runbook/checklist.js'
import { renderMarkdown } from '../../src/runbook/report/markdown.js'
import { gateWord, stepWord } from '../../src/runbook/standing.js'
import { isoAfter, sampleRun } from './sample-run.js'

const decision = { actor: 'Ada', decision: 'approve' as const, at: isoAfter(3), decisionId: '1' }

test.each([
  ['waiting', 'not reached'],
  ['running', 'under way when the run ended'],
  ['done', 'done'],
  ['stopped', 'stopped'],
] as const)('a step that is %s in a run that is over: %s', (state, word) => {
  expect(stepWord({ state }, { outcome: 'aborted' })).toBe(word)
  expect(stepWord({ state }, { outcome: null })).toBe(state)
})

test.each([
  ['waiting', {}, 'not reached', 'waiting'],
  ['open', {}, 'open at the end', 'open'],
  ['expired', {}, 'expired', 'expired'],
  ['waiting', { earlier: [decision] }, 'void', 'waiting'],
  ['waiting', { gate: 'rollback', earlier: [decision] }, 'decided', 'decided'],
] as const)('a gate that is %s (%j) in a run that is over: %s; before: %s', (state, of, over, before) => {
  const gate = { gate: 'plan' as const, state, decisions: [], ...of }
  expect(
    gateWord({ ...gate, earlier: [...('earlier' in of ? of.earlier : [])] }, { outcome: 'aborted' }),
  ).toBe(over)
  expect(gateWord({ ...gate, earlier: [...('earlier' in of ? of.earlier : [])] }, { outcome: null })).toBe(
    before,
  )
})

describe('a run that was aborted at its first gate', () => {
  const view: RunView = sampleRun({
    ...{ outcome: 'aborted', phase: 'closed', message: 'Ada aborted the run: no', monitoring: null },
    ...{ migrations: [], planHash: null, closedAt: isoAfter(9) },
    steps: [
      { step: 'prerequisites', state: 'done', startedAt: isoAfter(0), endedAt: isoAfter(1) },
      { step: 'checklist', state: 'waiting' },
      { step: 'execute', state: 'waiting' },
      { step: 'close', state: 'done', startedAt: isoAfter(9), endedAt: isoAfter(9) },
    ],
    gates: [
      {
        gate: 'team-lead',
        state: 'open',
        decisions: [],
        openedAt: isoAfter(1),
        shows: ['Requested by: Ada'],
      },
      { gate: 'plan', state: 'waiting', decisions: [], shows: [] },
    ],
  })
  const output = createOutput({ json: false })
  const { colors } = output

  test.each([
    ['show', () => runLines(view, colors).map((line) => plain(line))],
    [
      'watch',
      () => arrange(watchPicture(view, output, { now: Date.parse(isoAfter(60)) }), { columns: 60, rows: 8 }),
    ],
    ['the Temporal UI', () => [renderChecklist(view)]],
    ['the report', () => [renderMarkdown({ view, plan: null, baseline: null })]],
  ])('waits for nobody in %s, and offers no decision', (_, lines) => {
    const said = lines().join('\n')
    expect(said).not.toMatch(
      /\(waiting\)|\| waiting|waiting at|to come|d1-runbook (?:approve|reject)|\(open\)|\| open \|/,
    )
    expect(said.toLowerCase()).toContain('not reached')
  })

  test.each([
    ['show', () => runLines(view, colors).map((line) => plain(line))],
    ['the Temporal UI', () => [renderChecklist(view)]],
    ['the report', () => [renderMarkdown({ view, plan: null, baseline: null })]],
  ])('%s says that its gate was open at the end', (_, lines) => {
    expect(lines().join('\n')).toContain('open at the end')
  })
})
