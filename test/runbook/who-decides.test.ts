import { expect, test } from 'vitest'
import { GATES, type Gate } from '../../src/contract/names.js'
import type { Person } from '../../src/contract/policy.js'
import { defaultPolicy } from '../../src/runbook/default-policy.js'
import type { GateRecord } from '../../src/runbook/policy.js'
import { PLAN, recordOf } from './gate-records.js'
import { whoDecides, whoLines } from '../../src/runbook/who-decides.js'

const person = (name: string, contact?: string, ...roles: string[]): Person => ({
  name,
  roles,
  publicKeys: [],
  ...(contact === undefined ? {} : { contact }),
})
const PEOPLE = [
  person('Ann', '@ann', 'developer'),
  person('Bo', '+1 555 0100', 'team-lead'),
  person('Cy', undefined, 'on-call'),
  person('Di', '@di'),
]

function gates(approved: Partial<Record<Gate, string[]>> = {}): GateRecord[] {
  return GATES.map((gate) => recordOf(gate, 'open', approved[gate] ?? []))
}

function who(gate: Gate, change: Partial<Parameters<typeof whoDecides>[0]> = {}): string[] {
  const policy = defaultPolicy({ environment: 'production', production: true, people: PEOPLE })
  const asked = { gate, gates: gates(), policy, people: PEOPLE, requester: 'Ann', planHash: PLAN }
  return whoLines(whoDecides({ ...asked, ...change }))
}

test('names who may decide and how to reach them, and who may not and why', () => {
  expect(who('final', { gates: gates({ plan: ['Bo'] }) })).toEqual([
    'Who: developer or team-lead or on-call: Cy, no contact configured',
    'May not approve it: Ann (requested this run); Bo (approved a gate that needs somebody else)',
  ])
  expect(who('team-lead')).toEqual(['Who: team-lead: Bo, +1 555 0100'])
})

test('counts what is still missing, and leaves out who has approved', () => {
  const policy = defaultPolicy({ environment: 'production', production: true, people: PEOPLE })
  policy.gates.preflight = { ...policy.gates.preflight, approvals: 2 }
  expect(who('preflight', { policy, gates: gates({ preflight: ['Cy'] }) })).toEqual([
    'Who: 1 more approval of 2, by developer or team-lead or on-call: Ann, @ann; Bo, +1 555 0100',
    'May not approve it: Cy (has approved already)',
  ])
})

test('a person without a key is told where decisions are signed', () => {
  const policy = defaultPolicy({ environment: 'production', production: true, people: PEOPLE })
  expect(who('team-lead', { policy: { ...policy, requireSignatures: true } })).toEqual([
    'Who: team-lead: nobody who is configured may approve it now',
    'May not approve it: Bo (has no key to sign with)',
  ])
})

test('where nobody is configured, anybody may', () => {
  const policy = defaultPolicy({ environment: 'local', production: false, people: [] })
  expect(who('plan', { policy, people: [] })).toEqual(['Who: anybody in the team'])
})
