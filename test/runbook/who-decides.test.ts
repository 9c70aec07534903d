import { expect, test } from 'vitest'
import { GATES, type Gate } from '../../src/contract/names.js'
import type { Person } from '../../src/contract/policy.js'
import { defaultPolicy } from '../../src/runbook/default-policy.js'
import type { GateRecord } from '../../src/runbook/policy.js'
import { PLAN, recordOf } from './gate-records.js'
import { newHardwareKey, newSshKey } from './people/ssh-keys.js'
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

test('where a hardware key is asked for, that is said, and who has only a file', () => {
  const policy = defaultPolicy({ environment: 'production', production: true, people: PEOPLE })
  policy.gates.plan = { ...policy.gates.plan, requirePresence: true }
  const keyed = PEOPLE.map((one) => {
    const key = one.name === 'Bo' ? newHardwareKey() : newSshKey()
    return one.name === 'Cy' ? one : { ...one, publicKeys: [key.publicKey] }
  })
  const signing = { ...policy, requireSignatures: true }
  expect(who('plan', { policy: signing, people: keyed })).toEqual([
    'Who: developer or team-lead or on-call: Bo, +1 555 0100',
    'It counts only signed with a hardware key (FIDO2), which you touch for it, or with a passkey in the console.',
    'May not approve it: Ann (has no hardware key or passkey to sign with); Cy (has no key to sign with)',
  ])
  expect(who('preflight', { policy: signing, people: keyed }).join()).not.toContain('hardware')
})

test('where nobody who is configured could sign, anybody is not said to decide', () => {
  const policy = defaultPolicy({ environment: 'local', production: false, people: [] })
  const signing = { ...policy, requireSignatures: true }
  const keyed = PEOPLE.slice(0, 2).map((one) => ({ ...one, publicKeys: [newSshKey().publicKey] }))
  const present = { ...signing.gates, rollback: { ...signing.gates.rollback, requirePresence: true } }
  expect(who('rollback', { policy: { ...signing, gates: present }, people: keyed })).toEqual([
    'Who: anybody who can sign: nobody who is configured may approve it now',
    'It counts only signed with a hardware key (FIDO2), which you touch for it, or with a passkey in the console.',
    'May not approve it: Ann (has no hardware key or passkey to sign with); Bo (has no hardware key or passkey to sign with)',
  ])
  expect(who('plan', { policy: signing, people: [person('Ann')] })[0]).toBe(
    'Who: anybody who can sign: nobody who is configured may approve it now',
  )
  expect(who('plan', { policy: signing, people: keyed })[0]).toBe(
    'Who: anybody in the team: Ann, @ann; Bo, +1 555 0100',
  )
})

test('where nobody is configured, anybody may', () => {
  const policy = defaultPolicy({ environment: 'local', production: false, people: [] })
  expect(who('plan', { policy, people: [] })).toEqual(['Who: anybody in the team'])
})
