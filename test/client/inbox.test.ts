import { describe, expect, test } from 'vitest'
import { gatesFor } from '../../src/client/inbox.js'
import { commandLine } from '../../src/contract/command-line.js'
import { command } from '../../src/contract/next-command.js'
import { gateCommands } from '../../src/runbook/gate-commands.js'
import type { RollbackOption } from '../../src/contract/rollback.js'
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

test('a gate rollback has the ways that were shown, for who is asked to decide from a list', () => {
  const rollbackOptions: RollbackOption[] = [
    {
      strategy: 'restore-backup',
      title: 'Restore of the backup',
      available: true,
      price: ['all'],
      command: command('rollback', '--strategy', 'restore-backup'),
    },
    {
      strategy: 'time-travel',
      title: 'Time Travel bookmark',
      available: false,
      price: [],
      command: command('rollback', '--strategy', 'time-travel'),
    },
  ]
  const policy = defaultPolicy({ environment: 'local', production: false, people: [] })
  const rollback: GateView = { gate: 'rollback', state: 'open', shows: [], decisions: [] }
  const view = { ...sampleRun(), outcome: null, planHash: null, gates: [rollback], rollbackOptions }
  const [waiting] = gatesFor(view, { policy, people: [], requester: 'Ada' }, 'Ada')
  expect(waiting).toMatchObject({ gate: 'rollback', rollbackOptions })
  const ways = gateCommands('rollback', { environment: 'local' }, waiting?.rollbackOptions)
  expect(ways.map((way) => `${way.label}: ${commandLine(way.command)}`)).toEqual([
    'Restore of the backup: d1-runbook rollback --strategy restore-backup --env local',
    'Keep it as it is: d1-runbook rollback --strategy none --env local',
  ])
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
