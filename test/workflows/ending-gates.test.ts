import { expect, it } from 'vitest'
import { consider, type GateState } from '../../src/workflows/gates.js'
import { newRunView } from '../../src/workflows/state.js'
import { requestFor } from './request.js'

const request = requestFor('ending')
const view = newRunView(request, { workflowId: 'w', runId: 'r', startedAt: '2026-01-02T03:04:05.000Z' })
view.message = 'Documentation Updates is under way'
const failed = { outcome: 'failed', message: 'the worker has no RUNBOOK_SLACK' } as const

it.each<[string, Partial<GateState>, string]>([
  ['while it works, what it does', {}, 'it is waiting; Documentation Updates is under way'],
  [
    'while it only closes, how it ends',
    { ending: failed },
    'it is waiting; the run is ending, failed: the worker has no RUNBOOK_SLACK',
  ],
])('a gate that is not open says of its run: %s', (_what, more, reason) => {
  const answer = consider(
    { request, view, mayRollBack: false, ...more },
    { gate: 'team-lead', decision: 'approve', actor: 'Bea' },
  )
  expect(answer).toMatchObject({ counted: false, reason: `gate 'team-lead' is not open: ${reason}` })
})
