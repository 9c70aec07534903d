import { defined } from '../contract/defined.js'
import type { Gate } from '../contract/names.js'
import type { Person, Policy } from '../contract/policy.js'
import type { GateWho } from '../contract/run.js'
import { plural } from '../text/plural.js'
import { holdsRole } from './people/people.js'
import { canSign, holdsKey } from './people/signature.js'
import { gateOutcome, judgeDecision, type GateRecord } from './policy.js'

/** Who may approve an open gate now, by the rules that judge their decisions. Pure. */
export function whoDecides(input: {
  gate: Gate
  gates: readonly GateRecord[]
  policy: Policy
  people: readonly Person[]
  requester: string
  planHash: string | null
}): GateWho {
  const { gate, policy, people, planHash } = input
  const rules = policy.gates[gate]
  const decisions = input.gates.find((one) => one.gate === gate)?.decisions ?? []
  const outcome = gateOutcome({ rules, decisions, planHash })
  return {
    ...(rules.requirePresence === true ? { presence: true as const } : {}),
    roles: rules.roles,
    approvals: rules.approvals,
    missing: outcome.state === 'open' ? outcome.missing : 0,
    people: people
      .filter(({ name }) => holdsRole(name, rules.roles, people))
      .map((person) => ({
        name: person.name,
        roles: person.roles,
        ...defined({ contact: person.contact, excluded: excludedBy(person, input) }),
      })),
  }
}

function excludedBy(
  person: Person,
  input: Parameters<typeof whoDecides>[0],
): GateWho['people'][number]['excluded'] {
  if (!canSign(person, input.gate, input.policy))
    return holdsKey(person.publicKeys, false) ? 'no-hardware-key' : 'no-key'
  const judgement = judgeDecision({
    ...input,
    decision: { gate: input.gate, decision: 'approve', actor: person.name },
  })
  if (judgement.counts) return undefined
  const { code } = judgement
  return code === 'requester' ||
    code === 'same-person' ||
    code === 'approved-elsewhere' ||
    code === 'would-block'
    ? code
    : undefined
}

const WHY: Record<NonNullable<GateWho['people'][number]['excluded']>, string> = {
  requester: 'requested this run',
  'same-person': 'has approved already',
  'approved-elsewhere': 'approved a gate that needs somebody else',
  'would-block': 'is needed at a later gate',
  'no-key': 'has no key to sign with',
  'no-hardware-key': 'has no hardware key or passkey to sign with',
}

/** What keeps somebody from approving, behind their name. */
export function whyExcluded(excluded: NonNullable<GateWho['people'][number]['excluded']>): string {
  return WHY[excluded]
}

/** Who may decide and how to reach them, then who may not and why: a line each, without a mark before it. */
export function whoLines({ roles, approvals, missing, people, presence }: GateWho): string[] {
  const able = people.filter(({ excluded }) => excluded === undefined)
  const not = people.flatMap(({ name, excluded }) =>
    excluded === undefined ? [] : [`${name} (${WHY[excluded]})`],
  )
  // Where decisions are signed, only who is configured with a key can decide.
  const signed = presence === true || people.some(({ excluded }) => excluded === 'no-key')
  const anybody = signed ? 'anybody who can sign' : 'anybody in the team'
  const among = roles.length === 0 ? anybody : roles.join(' or ')
  const count = approvals === 1 ? among : `${plural(missing, 'more approval')} of ${approvals}, by ${among}`
  const reach = able.map(({ name, contact }) => `${name}, ${contact ?? 'no contact configured'}`)
  // Where anybody may, those who are configured are not all who may.
  const named =
    reach.length > 0
      ? `: ${reach.join('; ')}`
      : roles.length === 0 && !signed
        ? ''
        : ': nobody who is configured may approve it now'
  const hardware =
    presence === true
      ? [
          'It counts only signed with a hardware key (FIDO2), which you touch for it, or with a passkey in the console.',
        ]
      : []
  return [
    `Who: ${count}${named}`,
    ...hardware,
    ...(not.length === 0 ? [] : [`May not approve it: ${not.join('; ')}`]),
  ]
}
