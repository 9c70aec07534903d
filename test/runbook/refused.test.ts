import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { runLines } from '../../src/cli/terminal/run-text.js'
import { plain } from '../../src/contract/command-line.js'
import type { RefusedDecision } from '../../src/contract/run.js'
import { refusedActor, refusedAlike } from '../../src/runbook/refused.js'
import { renderIncident } from '../../src/runbook/report/incident.js'
import { renderMarkdown } from '../../src/runbook/report/markdown.js'
import { decide, gateOf, openGate, type GateState } from '../../src/workflows/gates.js'
import { newRunView } from '../../src/workflows/state.js'
import { admit } from '../../src/workflows/steering.js'
import { requestFor } from '../workflows/request.js'
import { sampleRun } from './sample-run.js'

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 2, 3, minute)).toISOString()
const flood = (count: number, more: Partial<RefusedDecision> = {}): RefusedDecision[] =>
  Array.from({ length: count }, (_, minute) => ({
    ...{ gate: 'environment', actor: 'Ada Lovelace', decision: 'approve', at: at(minute) },
    ...{ reason: 'a signed decision names its plan', ...more },
  }))

describe('decisions that were refused', () => {
  test('alike are one, with their number and the times of the first and the last', () => {
    expect(refusedAlike(flood(150))).toEqual([
      {
        ...{ gate: 'environment', actor: 'Ada Lovelace', decision: 'approve' },
        ...{ reason: 'a signed decision names its plan', count: 150, first: at(0), last: at(149) },
      },
    ])
  })

  test.each<[string, Partial<RefusedDecision>]>([
    ['another gate', { gate: 'final' }],
    ['another person', { actor: 'Eve' }],
    ['another answer', { decision: 'reject' }],
    ['another reason', { reason: 'no' }],
    ['a name that nobody has', { nobody: true }],
  ])('but for %s are another one, and none is hidden', (_what, more) => {
    const [real] = flood(1, more)
    const found = refusedAlike([...flood(5), ...(real === undefined ? [] : [real]), ...flood(5)])
    expect(found.map(({ count }) => count)).toEqual([1, 10])
  })

  test('stand so in show and in both reports', () => {
    const view = sampleRun({ refused: [...flood(150), ...flood(1, { actor: 'Eve', nobody: true })] })
    const show = runLines(view, pc.createColors(false)).map((line) => plain(line))
    expect(show.filter((line) => line.includes('a signed decision names its plan'))).toEqual([
      expect.stringMatching(
        /environment by Ada Lovelace \(150 times, first 2026-01-02 .+, last 2026-01-02 .+\): a signed/,
      ),
      expect.stringContaining('environment by Eve (nobody of people has this name): a signed'),
    ])
    for (const report of [renderMarkdown, renderIncident]) {
      const said = report({ view, plan: null, baseline: null })
      expect(said.match(/a signed decision names its plan/g)).toHaveLength(2)
      expect(said).toContain('150 times, first 2026-01-02')
      expect(said).toContain('Eve (nobody of people has this name)')
    }
  })
})

describe('a name that is none of `people` is told as that', () => {
  function run(people: string[]): GateState {
    const request = requestFor('db', {
      people: people.map((name) => ({ name, roles: ['dba'], publicKeys: [] })),
      requester: 'Cay',
    })
    const view = newRunView(request, { workflowId: 'migration/local/db', runId: 'run-1', startedAt: at(0) })
    const state: GateState = { request, view, mayRollBack: false }
    openGate(state, { gate: 'environment', shows: [], at: at(0) })
    return state
  }
  // Refused whoever sends it: nothing opened that gate.
  const refusedOf = (people: string[], actor: string): RefusedDecision | undefined => {
    const state = run(people)
    decide(state, { gate: 'final', decision: 'approve', actor }, at(1))
    expect(gateOf(state, 'final').decisions).toEqual([])
    return state.view.refused[0]
  }

  test.each(['Аda Lovelace', 'Ada  Lovelace2', 'Eve', 'constructor'])('%s', (actor) => {
    const one = refusedOf(['Ada Lovelace', 'Grace'], actor)
    expect(one).toMatchObject({ actor, nobody: true })
    if (one !== undefined) expect(refusedActor(one)).toBe(`${actor} (nobody of people has this name)`)
  })

  test.each(['Ada Lovelace', 'ada lovelace', ' Ada  Lovelace ', 'Grace'])(
    'but not %j, who is there',
    (actor) => {
      expect(refusedOf(['Ada Lovelace', 'Grace'], actor)).not.toHaveProperty('nobody')
    },
  )

  test('but nothing of it where the run has no people, or nobody is named', () => {
    expect(refusedOf([], 'Eve')).not.toHaveProperty('nobody')
    const state = run(['Ada'])
    decide(state, 'no decision', at(1))
    expect(state.view.refused[0]).not.toHaveProperty('nobody')
  })

  test('of a command that steers, too', () => {
    const state = run(['Ada'])
    const policy = { ...state.request.policy, requireSignatures: true }
    const steered = { ...state, request: { ...state.request, policy } }
    expect(admit(steered, { command: 'abort', actor: 'Eve' }, at(1))).toBe(false)
    expect(state.view.refused[0]).toMatchObject({ actor: 'Eve', nobody: true })
  })
})
