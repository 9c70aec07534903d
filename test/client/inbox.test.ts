import { describe, expect, test } from 'vitest'
import { gatesFor } from '../../src/client/inbox.js'
import type { Gate } from '../../src/contract/names.js'
import type { GatePolicy } from '../../src/contract/policy.js'
import type { GateView } from '../../src/contract/run.js'
import { defaultPolicy } from '../../src/runbook/default-policy.js'
import { sampleRun } from '../runbook/sample-run.js'

const PEOPLE = ['Ada', 'Bea'].map((name) => ({ name, roles: ['lead'], publicKeys: [] }))

function waitingFor(actor: string, gate: Partial<GateView>, rules: Partial<GatePolicy> = {}): Gate[] {
  const policy = defaultPolicy({ environment: 'production', production: false, people: [] })
  policy.gates.final = { ...policy.gates.final, ...rules }
  const final: GateView = { gate: 'final', state: 'open', shows: [], decisions: [], ...gate }
  const view = { ...sampleRun(), outcome: null, planHash: null, gates: [final] }
  return gatesFor(view, { policy, people: PEOPLE, requester: 'Ada' }, actor).map((one) => one.gate)
}
const approvedBy = (actor: string): Partial<GateView> => ({
  decisions: [{ actor, decision: 'approve', at: '2026-03-08T03:00:00Z', decisionId: actor }],
})

describe('a gate waits for who may approve it now', () => {
  test.each([
    ['anybody', 'Eve', {}, {}],
    ['one who holds the role', 'Bea', {}, { roles: ['lead'] }],
    ['the requester, where the policy lets them', 'Ada', {}, { roles: ['lead'] }],
    ['the second of two', 'Bea', approvedBy('Ada'), { approvals: 2 }],
    ['a name written otherwise', ' bea ', {}, { roles: ['lead'] }],
  ])('%s', (_who, actor, gate, rules) => {
    expect(waitingFor(actor, gate, rules)).toEqual(['final'])
  })

  test.each([
    ['nobody while it is not open', 'Bea', { state: 'waiting' as const }, {}],
    ['nobody once it is decided', 'Bea', { state: 'approved' as const }, {}],
    ['none without the role', 'Eve', {}, { roles: ['lead'] }],
    ['not the requester, where another one must', 'Ada', {}, { requesterMayApprove: false }],
    ['not the first of two again', 'Ada', approvedBy('Ada'), { approvals: 2 }],
  ])('%s', (_who, actor, gate, rules) => {
    expect(waitingFor(actor, gate, rules)).toEqual([])
  })
})
