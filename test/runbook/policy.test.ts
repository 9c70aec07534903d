import { fc } from '../fast-check.js'
import { describe, expect, test } from 'vitest'
import type { Decision } from '../../src/contract/decision.js'
import { GATES, type Gate } from '../../src/contract/names.js'
import { policySchema, type Person, type Policy } from '../../src/contract/policy.js'
import { asksForPresence, defaultPolicy } from '../../src/runbook/default-policy.js'
import {
  gateOutcome,
  judgeDecision,
  recordDecision,
  requesterDecidesAlone,
  unreachableGates,
  type GateRecord,
  type Judgement,
} from '../../src/runbook/policy.js'
import { PLAN, recordOf } from './gate-records.js'
import { newHardwareKey, newSshKey } from './people/ssh-keys.js'

const person = (name: string, ...roles: string[]): Person => ({ name, roles, publicKeys: [] })
const PEOPLE = [person('Ann', 'developer'), person('Bo', 'Team Lead'), person('Cy', 'on-call'), person('Di')]
const PRODUCTION = defaultPolicy({ environment: 'production', production: true, people: PEOPLE })

function gates(open: Gate, approved: Partial<Record<Gate, string[]>> = {}): GateRecord[] {
  return GATES.map((gate) => {
    const closed = approved[gate] === undefined ? 'waiting' : 'approved'
    return recordOf(gate, gate === open ? 'open' : closed, approved[gate] ?? [])
  })
}

function judge(
  decision: Partial<Decision> & Pick<Decision, 'gate' | 'actor'>,
  change: Partial<Parameters<typeof judgeDecision>[0]> = {},
): Judgement {
  return judgeDecision({
    decision: { decision: 'approve', planHash: PLAN, ...decision },
    gates: gates(decision.gate),
    policy: PRODUCTION,
    people: PEOPLE,
    requester: 'Ann',
    planHash: PLAN,
    ...change,
  })
}

const codeOf = (judgement: Judgement): string => (judgement.counts ? 'counts' : judgement.code)

test('who alone can touch a hardware key at a later gate does not use up their approval before', () => {
  const device = newHardwareKey().publicKey
  const people = PEOPLE.map((one) => ({
    ...one,
    publicKeys: [one.name === 'Bo' ? device : newSshKey().publicKey],
  }))
  const { final } = PRODUCTION.gates
  const asking = (requirePresence: boolean): Policy => ({
    ...PRODUCTION,
    requireSignatures: true,
    gates: { ...PRODUCTION.gates, final: { ...final, requirePresence } },
  })
  const plan = { gate: 'plan', actor: 'Bo' } as const
  expect(codeOf(judge(plan, { people, policy: asking(true) }))).toBe('would-block')
  expect(codeOf(judge(plan, { people, policy: asking(false) }))).toBe('counts')
  expect(codeOf(judge({ gate: 'plan', actor: 'Cy' }, { people, policy: asking(true) }))).toBe('counts')
})

describe('asksForPresence', () => {
  const keyed = (name: string, ...publicKeys: string[]): Person => ({ ...person(name, 'dba'), publicKeys })
  const [device, file] = [newHardwareKey().publicKey, newSshKey().publicKey]
  test.each<[boolean, string, Gate, Person[]]>([
    [
      true,
      'the final word, of people who all have one',
      'final',
      [keyed('A', device), keyed('B', file, device)],
    ],
    [true, 'the way back', 'rollback', [keyed('A', device)]],
    [false, 'the plan', 'plan', [keyed('A', device)]],
    [false, 'one who has only a file', 'final', [keyed('A', device), keyed('B', file)]],
    [false, 'one who has no key', 'rollback', [keyed('A', device), keyed('B')]],
    [false, 'nobody', 'final', []],
    [
      true,
      'one without the role, who decides nothing there',
      'final',
      [keyed('A', device), person('C', 'dev')],
    ],
  ])('%s: %s', (asked, _what, gate, people) => {
    expect(asksForPresence(gate, { roles: ['dba'] }, people)).toBe(asked)
  })
})

describe('defaultPolicy', () => {
  test('every default policy is one that the contract accepts', () => {
    for (const production of [true, false]) {
      for (const people of [[], PEOPLE.slice(0, 1), PEOPLE]) {
        const policy = defaultPolicy({ environment: 'e', production, people })
        expect(policySchema.parse(policy)).toEqual(policy)
      }
    }
  })

  test('locally the requester alone decides every gate', () => {
    const policy = defaultPolicy({ environment: 'local', production: false, people: [] })
    const alone = GATES.map((gate) => requesterDecidesAlone({ gate, policy, people: [], requester: 'Ann' }))
    expect(alone).toEqual(GATES.map(() => true))
  })

  test('in production no gate is ever automatic, and no rollback either', () => {
    expect(Object.values(PRODUCTION.gates).some(({ automatic }) => automatic)).toBe(false)
    expect(PRODUCTION.automaticRollback).toBe(false)
  })

  test('in production with people, the requester has neither the final word nor the team lead’s', () => {
    expect(
      requesterDecidesAlone({ gate: 'final', policy: PRODUCTION, people: PEOPLE, requester: 'Bo' }),
    ).toBe(false)
    expect(
      requesterDecidesAlone({ gate: 'team-lead', policy: PRODUCTION, people: PEOPLE, requester: 'Ann' }),
    ).toBe(false)
  })

  test('nobody configured: people are still asked, roles cannot be', () => {
    const policy = defaultPolicy({ environment: 'production', production: true, people: [] })
    expect(
      Object.values(policy.gates).every(({ roles, approvals }) => roles.length === 0 && approvals === 1),
    ).toBe(true)
  })
})

describe('judgeDecision refuses', () => {
  test.each<[string, Judgement]>([
    ['unknown-gate', judge({ gate: 'nonsense' as Gate, actor: 'Bo' })],
    ['not-open', judge({ gate: 'plan', actor: 'Bo' }, { gates: gates('final') })],
    ['no-actor', judge({ gate: 'plan', actor: '  ' })],
    ['wrong-plan', judge({ gate: 'plan', actor: 'Bo', planHash: 'b'.repeat(64) })],
    ['no-role', judge({ gate: 'plan', actor: 'Mallory' })],
    ['no-role', judge({ gate: 'plan', actor: 'Di' })],
    ['no-role', judge({ gate: 'team-lead', actor: 'Cy' })],
    ['requester', judge({ gate: 'final', actor: 'ann ' })],
    [
      'approved-elsewhere',
      judge({ gate: 'final', actor: 'BO' }, { gates: gates('final', { plan: ['Bo'] }) }),
    ],
    [
      'duplicate',
      judge(
        { gate: 'final', actor: 'Cy', decisionId: 'plan/Bo' },
        { gates: gates('final', { plan: ['Bo'] }) },
      ),
    ],
  ])('%s', (code, judgement) => {
    expect(codeOf(judgement)).toBe(code)
  })

  test('a second approval of the same person where two people are asked', () => {
    const two: Policy = {
      ...PRODUCTION,
      gates: { ...PRODUCTION.gates, plan: { ...PRODUCTION.gates.plan, approvals: 2 } },
    }
    const open = gates('plan', { plan: ['Bo'] })
    expect(codeOf(judge({ gate: 'plan', actor: 'bo' }, { policy: two, gates: open }))).toBe('same-person')
    expect(codeOf(judge({ gate: 'plan', actor: 'Cy' }, { policy: two, gates: open }))).toBe('would-block')
    expect(judge({ gate: 'plan', actor: 'Ann' }, { policy: two, gates: open })).toMatchObject({
      counts: true,
      missing: 0,
    })
  })

  test('an approval that would leave a later gate to nobody', () => {
    const people = [person('Ann', 'developer'), person('Bo', 'team-lead')]
    const policy = defaultPolicy({ environment: 'production', production: true, people })
    expect(codeOf(judge({ gate: 'plan', actor: 'Bo' }, { people, policy }))).toBe('would-block')
    expect(codeOf(judge({ gate: 'plan', actor: 'Ann' }, { people, policy }))).toBe('counts')
  })
})

test('the requester may always stop their own run', () => {
  expect(judge({ gate: 'final', actor: 'Ann', decision: 'reject' })).toMatchObject({ counts: true })
})

test('approvals of another plan are void', () => {
  const decisions = gates('plan', { plan: ['Bo'] }).find(({ gate }) => gate === 'plan')?.decisions ?? []
  const rules = PRODUCTION.gates.plan
  expect(gateOutcome({ rules, decisions, planHash: PLAN })).toEqual({ state: 'approved' })
  expect(gateOutcome({ rules, decisions, planHash: 'other' })).toEqual({ state: 'open', missing: 1 })
})

test('a gate that nobody can approve is named at the start', () => {
  const policy: Policy = {
    ...PRODUCTION,
    gates: { ...PRODUCTION.gates, final: { ...PRODUCTION.gates.final, roles: ['dba'] } },
  }
  expect(unreachableGates({ policy, people: PEOPLE, requester: 'Ann' }).map(({ gate }) => gate)).toEqual([
    'final',
  ])
  expect(unreachableGates({ policy: PRODUCTION, people: PEOPLE, requester: 'Ann' })).toEqual([])
})

test('whatever is decided in whatever order: an approved gate has its people, never the wrong ones, never one twice', () => {
  const actors = fc.constantFrom('Ann', 'Bo', 'bo ', 'Cy', 'Di', 'Mallory', '')
  const decision = fc.record({
    gate: fc.constantFrom<Gate>('plan', 'final'),
    actor: actors,
    decision: fc.constantFrom('approve' as const, 'reject' as const),
    planHash: fc.constantFrom(PLAN, 'b'.repeat(64)),
    decisionId: fc.constantFrom('1', '2', '3', '4', '5', '6'),
  })
  fc.assert(
    fc.property(fc.array(decision, { maxLength: 12 }), fc.integer({ min: 1, max: 2 }), (sent, approvals) => {
      const policy: Policy = {
        ...PRODUCTION,
        gates: {
          ...PRODUCTION.gates,
          plan: { ...PRODUCTION.gates.plan, approvals },
        },
      }
      const state: GateRecord[] = GATES.map((gate) => ({
        gate,
        state: gate === 'plan' ? 'open' : 'waiting',
        decisions: [],
      }))
      for (const one of sent) {
        const judgement = judgeDecision({
          decision: one,
          gates: state,
          policy,
          people: PEOPLE,
          requester: 'Ann',
          planHash: PLAN,
        })
        if (!judgement.counts) continue
        const record = state.find(({ gate }) => gate === judgement.gate)
        if (record === undefined) throw new Error('counted at no gate')
        record.decisions.push(recordDecision({ decision: one, at: 'now', planHash: PLAN, fallbackId: 'x' }))
        const outcome = gateOutcome({
          rules: policy.gates[judgement.gate],
          decisions: record.decisions,
          planHash: PLAN,
        })
        record.state = outcome.state
        if (one.decision === 'approve')
          expect(judgement.missing).toBe(outcome.state === 'open' ? outcome.missing : 0)
        const final = state.find(({ gate }) => gate === 'final')
        if (judgement.gate === 'plan' && outcome.state === 'approved' && final !== undefined)
          final.state = 'open'
      }
      const approvers = (gate: Gate): string[] =>
        (state.find((one) => one.gate === gate)?.decisions ?? [])
          .filter((one) => one.decision === 'approve')
          .map(({ actor }) => actor.toLowerCase())
      for (const gate of ['plan', 'final'] as const) {
        expect(new Set(approvers(gate)).size).toBe(approvers(gate).length)
        expect(approvers(gate).every((name) => ['ann', 'bo', 'cy'].includes(name))).toBe(true)
      }
      expect(approvers('final')).not.toContain('ann')
      expect(approvers('final').filter((name) => approvers('plan').includes(name))).toEqual([])
      const ids = state.flatMap(({ decisions }) => decisions.map(({ decisionId }) => decisionId))
      expect(new Set(ids).size).toBe(ids.length)
    }),
    { numRuns: 500 },
  )
})
