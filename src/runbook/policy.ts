import { defined } from '../contract/defined.js'
import { holdsRole, personKey, samePerson } from './people/people.js'
import type { Assertion, Decision } from '../contract/decision.js'
import { GATES, isGate, type Gate } from '../contract/names.js'
import type { GatePolicy, Person, Policy } from '../contract/policy.js'
import type { GateView, RecordedDecision } from '../contract/run.js'
import { signedBy } from './people/provenance.js'
import { canSign } from './people/signature.js'

/** What the rules need to know of a gate; a `GateView` is one. */
export type GateRecord = Pick<GateView, 'gate' | 'state' | 'decisions' | 'earlier'>

export type RefusalCode =
  | 'unknown-gate'
  | 'not-open'
  | 'no-actor'
  | 'duplicate'
  | 'wrong-plan'
  | 'no-role'
  | 'requester'
  | 'same-person'
  | 'approved-elsewhere'
  | 'would-block'

/** `missing`: approvals that the gate still needs after this decision; 0 closes it. */
export type Judgement =
  | { counts: true; gate: Gate; missing: number }
  | { counts: false; code: RefusalCode; reason: string }

/**
 * Whether a decision counts. Pure: the same question gets the same answer on replay.
 *
 * An approval is bound to the plan hash, to one person and to one gate. Declining asks for the role only: the requester,
 * or somebody who approved before, may always stop what they see going wrong.
 */
export function judgeDecision(input: {
  decision: Decision
  /** All gates of the run. */
  gates: readonly GateRecord[]
  policy: Policy
  people: readonly Person[]
  requester: string
  planHash: string | null
}): Judgement {
  const { decision, gates, policy, people, requester, planHash } = input
  // A name from outside: it may be no gate at all.
  const gate: string = decision.gate
  if (!isGate(gate)) return refuse('unknown-gate', `there is no gate '${gate}'; gates: ${GATES.join(', ')}`)
  const record = gates.find((candidate) => candidate.gate === gate)
  const actor = decision.actor.trim()
  if (actor === '') return refuse('no-actor', 'a decision needs the name of the person who takes it')
  const { decisionId } = decision
  if (
    decisionId !== undefined &&
    // Of an earlier opening too: what was void must not be sent again.
    gates.some(({ decisions, earlier = [] }) =>
      [...decisions, ...earlier].some((one) => one.decisionId === decisionId),
    )
  ) {
    return refuse('duplicate', `decision ${decisionId} was counted before`)
  }
  if (record?.state !== 'open') {
    return refuse(
      'not-open',
      `gate '${gate}' is not open${record === undefined ? '' : `: it is ${record.state}`}`,
    )
  }
  if (decision.planHash !== undefined && planHash !== null && decision.planHash !== planHash) {
    return refuse(
      'wrong-plan',
      `the decision names plan ${short(decision.planHash)}, the plan is ${short(planHash)}`,
    )
  }
  const rules = policy.gates[gate]
  if (!holdsRole(actor, rules.roles, people)) {
    return refuse(
      'no-role',
      `'${actor}' holds none of the roles of gate '${gate}': ${rules.roles.join(', ')}`,
    )
  }
  if (decision.decision === 'reject') return { counts: true, gate, missing: 0 }
  if (!rules.requesterMayApprove && samePerson(actor, requester)) {
    return refuse('requester', `'${actor}' requested this run and may not approve gate '${gate}'`)
  }
  const approved = approvalsFor(record.decisions, planHash)
  if (approved.some((one) => samePerson(one.actor, actor))) {
    return refuse('same-person', `'${actor}' has approved gate '${gate}' already; it needs different people`)
  }
  const elsewhere = rules.differentFrom.find((other) =>
    approvedAt(gates, other, planHash).some((name) => samePerson(name, actor)),
  )
  if (elsewhere !== undefined) {
    return refuse(
      'approved-elsewhere',
      `'${actor}' approved gate '${elsewhere}'; gate '${gate}' needs somebody else`,
    )
  }
  const blocked = gateLeftWithoutPeople({ gates, policy, people, requester, planHash, gate, actor })
  if (blocked !== undefined) {
    return refuse(
      'would-block',
      `if '${actor}' approves gate '${gate}', nobody is left who may approve gate '${blocked}'`,
    )
  }
  return { counts: true, gate, missing: Math.max(0, rules.approvals - approved.length - 1) }
}

export type GateOutcome =
  | { state: 'rejected'; by: string }
  | { state: 'approved' }
  | { state: 'open'; missing: number }

/** The decision as the audit trail keeps it: stamped with the plan that it was taken for, whatever the sender left out. */
export function recordDecision(input: {
  decision: Decision
  at: string
  planHash: string | null
  /** Used where the sender gave none. */
  fallbackId: string
  /** Fingerprint of the key that signed it. */
  signedWith?: string
  touched?: true
}): RecordedDecision {
  const { decision } = input
  return {
    actor: decision.actor.trim(),
    decision: decision.decision,
    at: input.at,
    ...defined({ comment: decision.comment }),
    ...(input.planHash === null ? {} : { planHash: input.planHash }),
    decisionId: decision.decisionId ?? input.fallbackId,
    ...defined({ strategy: decision.strategy, signedWith: input.signedWith, touched: input.touched }),
    by: signedBy({
      ...input,
      ...defined({ assertion: decision.assertion, slackUser: decision.slackUser }),
    }),
    ...defined({ slackUser: decision.slackUser }),
    ...(input.signedWith === undefined
      ? {}
      : defined({
          signature: decision.signature,
          assertion: decision.assertion,
          shown: decision.assertion === undefined ? undefined : decision.shown,
        })),
  }
}

/** What the recorded decisions amount to for the plan of now. Approvals of another plan are void; a rejection is not. */
export function gateOutcome(input: {
  rules: GatePolicy
  decisions: readonly RecordedDecision[]
  planHash: string | null
}): GateOutcome {
  const rejection = input.decisions.find(({ decision }) => decision === 'reject')
  if (rejection !== undefined) return { state: 'rejected', by: rejection.actor }
  const people = new Set(approvalsFor(input.decisions, input.planHash).map(({ actor }) => personKey(actor)))
  const missing = input.rules.approvals - people.size
  return missing <= 0 ? { state: 'approved' } : { state: 'open', missing }
}

/**
 * Whether `--yes` may record the requester's approval: only where the policy lets them decide alone. Nobody signs in
 * advance for a plan that is not there yet.
 */
export function requesterDecidesAlone(input: {
  gate: Gate
  policy: Policy
  people: readonly Person[]
  requester: string
}): boolean {
  const rules = input.policy.gates[input.gate]
  return (
    !input.policy.requireSignatures &&
    rules.requesterMayApprove &&
    rules.approvals === 1 &&
    holdsRole(input.requester, rules.roles, input.people)
  )
}

/** Gates that nobody could ever approve with these people: shown at `start`, before anything waits for ever. */
export function unreachableGates(input: {
  policy: Policy
  people: readonly Person[]
  requester: string
}): { gate: Gate; reason: string }[] {
  const { policy, people } = input
  return GATES.flatMap((gate) => {
    const rules = policy.gates[gate]
    if (rules.roles.length === 0 && !policy.requireSignatures) return []
    const able = people.filter((person) => couldApprove(person, gate, input))
    if (able.length >= rules.approvals) return []
    const who = rules.roles.length === 0 ? 'people' : rules.roles.join(', ')
    const hardware = rules.requirePresence === true ? ' with a hardware key or a passkey' : ''
    const signing = policy.requireSignatures ? ` who can sign${hardware}` : ''
    return [
      {
        gate,
        reason: `it needs ${rules.approvals} of ${who}${signing}, and has ${able.length}`,
      },
    ]
  })
}

/** Whether somebody may approve a gate, whatever anybody did before: by role, as the requester or not, with a key where one is needed. */
export function couldApprove(
  person: Person,
  gate: Gate,
  { policy, people, requester }: { policy: Policy; people: readonly Person[]; requester: string },
): boolean {
  const { roles, requesterMayApprove } = policy.gates[gate]
  return (
    holdsRole(person.name, roles, people) &&
    (requesterMayApprove || !samePerson(person.name, requester)) &&
    canSign(person, gate, policy)
  )
}

/** Of all decisions at a gate that a passkey signed, those of an earlier opening too. */
export function assertionsAt({
  decisions,
  earlier = [],
}: Pick<GateRecord, 'decisions' | 'earlier'>): Assertion[] {
  return [...earlier, ...decisions].flatMap(({ assertion }) => assertion ?? [])
}

function approvalsFor(decisions: readonly RecordedDecision[], planHash: string | null): RecordedDecision[] {
  return decisions.filter((one) => one.decision === 'approve' && (one.planHash ?? null) === planHash)
}

function approvedAt(gates: readonly GateRecord[], gate: Gate, planHash: string | null): string[] {
  const record = gates.find((candidate) => candidate.gate === gate)
  return approvalsFor(record?.decisions ?? [], planHash).map(({ actor }) => actor)
}

/** Looks one gate ahead: with few people, the wrong one approving first would leave a later gate to nobody. */
function gateLeftWithoutPeople(input: {
  gate: Gate
  actor: string
  gates: readonly GateRecord[]
  policy: Policy
  people: readonly Person[]
  requester: string
  planHash: string | null
}): Gate | undefined {
  return GATES.find((later) => {
    const rules = input.policy.gates[later]
    if (later === input.gate || !rules.differentFrom.includes(input.gate) || rules.roles.length === 0)
      return false
    const record = input.gates.find(({ gate }) => gate === later)
    if (record?.state === 'approved' || record?.state === 'skipped') return false
    const spent = [
      input.actor,
      ...rules.differentFrom.flatMap((gate) => approvedAt(input.gates, gate, input.planHash)),
    ]
    const able = input.people.filter(
      (person) =>
        holdsRole(person.name, rules.roles, input.people) &&
        (rules.requesterMayApprove || !samePerson(person.name, input.requester)) &&
        (rules.requirePresence !== true || canSign(person, later, input.policy)) &&
        !spent.some((used) => samePerson(used, person.name)),
    )
    return able.length < rules.approvals
  })
}

function refuse(code: RefusalCode, reason: string): Judgement {
  return { counts: false, code, reason }
}

function short(hash: string): string {
  return hash.slice(0, 12)
}
