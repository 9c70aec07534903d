import { holdsRole, roleKey } from './people/people.js'
import { holdsKey } from './people/signature.js'
import { ATTESTATION_NAMES, type Attestation } from '../contract/attestations.js'
import { GATES, type Gate } from '../contract/names.js'
import type { GatePolicy, Person, Policy } from '../contract/policy.js'

const MINUTE = 60_000

const ANYBODY: GatePolicy = {
  roles: [],
  approvals: 1,
  requesterMayApprove: true,
  differentFrom: [],
  remindersMs: [],
  escalateTo: [],
  automatic: false,
}

/** The runbook's emergency contacts, as roles: who may decide a rollback, and who is told next. */
const RESPONDERS = ['team-lead', 'database-administrator', 'dba', 'on-call', 'on-call-engineer']

/**
 * The policy where the config says nothing.
 *
 * Outside of production: one approval a gate, by anybody, the requester too. In production every gate is decided by
 * people. Which people can be demanded depends on who is configured: with nobody, or one person, roles and a second pair
 * of eyes cannot be asked for; with more, `team-lead` belongs to the team lead, `plan` and `final` to two different
 * people, and nobody gives the final word on their own request.
 */
export function defaultPolicy(input: {
  environment: string
  production: boolean
  people: readonly Person[]
}): Policy {
  const gates = input.production ? productionGates(input.people) : everyGate(() => ANYBODY)
  return {
    gates,
    automaticRollback: false,
    automaticRollbackStrategy: 'reverse-migration',
    requireSignatures: false,
  }
}

/**
 * Lines of the checklist that a person should answer for at the start. What the policy names is demanded. Where it says
 * nothing, production expects every line that no machine proves, and shows that nobody answered for it: a bare project must
 * be able to begin, and nobody may think that somebody looked.
 */
export function attestationsOf(input: {
  production: boolean
  policy: Pick<Policy, 'attestations'>
  /** Lines that a machine proves, or that are answered later. */
  proven: readonly Attestation[]
}): { lines: Attestation[]; demanded: boolean } {
  const { attestations } = input.policy
  const lines = attestations ?? (input.production ? ATTESTATION_NAMES : [])
  return { lines: lines.filter((line) => !input.proven.includes(line)), demanded: attestations !== undefined }
}

/**
 * Whether decisions of production count only with a hardware key or a passkey where the config says nothing: at the final word and at the way back, and
 * only once everybody who may decide there has one. A default must not take a decision away from anybody.
 */
export function asksForPresence(
  gate: Gate,
  { roles }: Pick<GatePolicy, 'roles'>,
  people: readonly Person[],
): boolean {
  if (gate !== 'final' && gate !== 'rollback') return false
  const deciding = people.filter(({ name }) => holdsRole(name, roles, people))
  return deciding.length > 0 && deciding.every(({ publicKeys }) => holdsKey(publicKeys, true))
}

function productionGates(people: readonly Person[]): Record<Gate, GatePolicy> {
  const held = [...new Set(people.flatMap(({ roles }) => roles))]
  const among = (wanted: readonly string[]): string[] => held.filter((role) => wanted.includes(roleKey(role)))
  const orHeld = (roles: string[]): string[] => (roles.length === 0 ? held : roles)
  const responders = among(RESPONDERS)
  const asked = { ...ANYBODY, roles: held, remindersMs: [15 * MINUTE, 60 * MINUTE], escalateTo: responders }
  const withRole = people.filter(({ roles }) => roles.length > 0)
  const secondPair = withRole.length >= 2
  return everyGate((gate) => {
    switch (gate) {
      case 'team-lead':
        return { ...asked, roles: orHeld(among(['team-lead'])) }
      case 'final':
        return secondPair ? { ...asked, requesterMayApprove: false, differentFrom: ['plan'] } : asked
      case 'rollback':
        return { ...asked, roles: orHeld(responders), remindersMs: [5 * MINUTE, 15 * MINUTE, 30 * MINUTE] }
      case 'environment':
      case 'connectivity':
      case 'preflight':
      case 'plan':
      case 'team-confirmation':
        return asked
    }
  })
}

function everyGate(policyOf: (gate: Gate) => GatePolicy): Record<Gate, GatePolicy> {
  return Object.fromEntries(GATES.map((gate) => [gate, policyOf(gate)])) as Record<Gate, GatePolicy>
}
