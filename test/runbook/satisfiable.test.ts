import { fc } from '../fast-check.js'
import { describe, expect, test } from 'vitest'
import { GATES, type Gate } from '../../src/contract/names.js'
import type { GatePolicy, Person, Policy } from '../../src/contract/policy.js'
import { defaultPolicy } from '../../src/runbook/default-policy.js'
import { newHardwareKey, newSshKey } from './people/ssh-keys.js'
import { undecidableGates } from '../../src/runbook/satisfiable.js'

const person = (name: string, ...roles: string[]): Person => ({ name, roles, publicKeys: [] })
const anybody = defaultPolicy({ environment: 'e', production: false, people: [] })

function policy(change: Partial<Record<Gate, Partial<GatePolicy>>>): Policy {
  const gates = Object.fromEntries(
    GATES.map((gate) => [gate, { ...anybody.gates[gate], ...change[gate] }]),
  ) as Policy['gates']
  return { ...anybody, gates }
}

const blocked = (rules: Policy, people: Person[], requester = 'Zoë'): Gate[] =>
  undecidableGates({ policy: rules, people, requester, production: true }).map(({ gate }) => gate)

const DEV = { roles: ['dev'] }
const TWO = [person('Ann', 'dev'), person('Bo', 'dev')]

test('a rollback that only a hardware key could decide is told too, where nobody has one', () => {
  const people = [{ ...person('Ann', 'dev'), publicKeys: [newSshKey().publicKey] }]
  const asked = (requirePresence: boolean): Policy => ({
    ...policy({ rollback: { requirePresence } }),
    requireSignatures: true,
  })
  expect(blocked(asked(true), people)).toEqual(['rollback'])
  expect(blocked(asked(false), people)).toEqual([])
})

test('a hardware key is demanded of who has none: told before anything starts', () => {
  const file = { ...person('Ann', 'dev'), publicKeys: [newSshKey().publicKey] }
  const device = { ...person('Bo', 'dev'), publicKeys: [newHardwareKey().publicKey] }
  const rules = {
    ...policy({ plan: { ...DEV, requirePresence: true }, final: { ...DEV, differentFrom: ['plan'] } }),
    requireSignatures: true,
  }
  const reasons = (people: Person[]): string[] =>
    undecidableGates({ policy: rules, people, requester: 'Zoë', production: true }).map(
      ({ gate, reason }) => `${gate}: ${reason}`,
    )
  expect(reasons([file, device])).not.toContainEqual(expect.stringMatching(/^(?:plan|final)/))
  expect(reasons([file, file])).toContainEqual(
    'plan: it needs 1 of dev who can sign with a hardware key or a passkey, and has 0',
  )
  const both = { ...rules, gates: { ...rules.gates, final: { ...rules.gates.final, requirePresence: true } } }
  expect(
    undecidableGates({ policy: both, people: [file, device], requester: 'Zoë', production: true }),
  ).toMatchObject([{ gate: 'final' }])
})

describe('a policy that these people cannot satisfy is told before anything starts', () => {
  test.each<[string, Policy, Person[], string?]>([
    [
      'two of two approve plan, and final needs another',
      policy({ plan: { ...DEV, approvals: 2 }, final: { ...DEV, differentFrom: ['plan'] } }),
      TWO,
    ],
    [
      'three gates that all differ, two people',
      policy({
        preflight: DEV,
        plan: { ...DEV, differentFrom: ['preflight'] },
        final: { ...DEV, differentFrom: ['plan', 'preflight'] },
      }),
      TWO,
    ],
    [
      'final is for the only lead, and so is plan',
      policy({ plan: { roles: ['lead'] }, final: { roles: ['lead'], differentFrom: ['plan'] } }),
      [...TWO, person('Cy', 'lead')],
    ],
    [
      'the requester may not, and the other one approved plan',
      policy({
        plan: { ...DEV, requesterMayApprove: false },
        final: { ...DEV, requesterMayApprove: false, differentFrom: ['plan'] },
      }),
      TWO,
      'Ann',
    ],
    [
      'one person by two spellings is one',
      policy({ plan: DEV, final: { ...DEV, differentFrom: ['plan'] } }),
      [person('Ann', 'dev'), person('ANN ', 'dev')],
    ],
  ])('%s', (_what, rules, people, requester) => {
    expect(blocked(rules, people, requester)).toEqual(['final'])
  })

  test.each<[string, Policy, Person[], string?]>([
    [
      'two approve plan, a third gives the final word',
      policy({ plan: { ...DEV, approvals: 2 }, final: { ...DEV, differentFrom: ['plan'] } }),
      [...TWO, person('Cy', 'dev')],
    ],
    [
      'the right one of two must approve plan first',
      policy({ plan: DEV, final: { roles: ['lead'], differentFrom: ['plan'] } }),
      [person('Ann', 'dev', 'lead'), person('Bo', 'dev')],
    ],
    [
      'anybody may approve plan, so somebody from outside can',
      policy({ plan: { approvals: 2 }, final: { ...DEV, differentFrom: ['plan'] } }),
      TWO,
    ],
    [
      'plan opens by itself',
      policy({ plan: { ...DEV, approvals: 2, automatic: true }, final: { ...DEV, differentFrom: ['plan'] } }),
      TWO,
    ],
    [
      'a gate differs from one that comes after it',
      policy({ plan: { ...DEV, differentFrom: ['final'] }, final: DEV }),
      [person('Ann', 'dev')],
    ],
    ['a rollback that may never come', policy({ rollback: { roles: ['nobody'] } }), TWO],
  ])('silent: %s', (_what, rules, people, requester) => {
    expect(blocked(rules, people, requester)).toEqual([])
  })

  test('agrees with trying every way, over random policies', () => {
    const LINKED = ['environment', 'preflight', 'plan', 'final'] as const
    const gate = fc.record({
      roles: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
      approvals: fc.integer({ min: 1, max: 2 }),
      requesterMayApprove: fc.boolean(),
      differentFrom: fc.subarray([...LINKED]),
    })
    const people = fc.array(fc.subarray(['a', 'b', 'c']), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(fc.tuple(gate, gate, gate, gate), people, (rules, roles) => {
        const known = roles.map((held, index) => person(`P${index}`, ...held))
        const change = Object.fromEntries(LINKED.map((name, index) => [name, rules[index]]))
        const possible = byTrying(
          LINKED.map((name, index) => ({ name, ...(rules[index] ?? fail()) })),
          known,
          new Map(),
        )
        expect(blocked(policy(change), known, 'P0').length === 0).toBe(possible)
      }),
      { numRuns: 1000 },
    )
  })
})

function fail(): never {
  throw new Error('four gates')
}

type Named = Pick<GatePolicy, 'roles' | 'approvals' | 'requesterMayApprove' | 'differentFrom'> & {
  name: Gate
}

function byTrying(gates: Named[], people: Person[], done: Map<Gate, Person[]>): boolean {
  const [gate, ...rest] = gates
  if (gate === undefined) return true
  const able = people.filter(
    (one) =>
      one.roles.some((role) => gate.roles.includes(role)) &&
      (gate.requesterMayApprove || one.name !== 'P0') &&
      !gate.differentFrom.some((other) => done.get(other)?.includes(one)),
  )
  return subsets(able, gate.approvals).some((chosen) =>
    byTrying(rest, people, new Map(done).set(gate.name, chosen)),
  )
}

function subsets<T>(from: T[], size: number): T[][] {
  const [first, ...rest] = from
  if (size === 0) return [[]]
  if (first === undefined) return []
  return [...subsets(rest, size - 1).map((others) => [first, ...others]), ...subsets(rest, size)]
}
