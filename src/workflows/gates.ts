import { isOwnName, OWN_NAME_REFUSED } from '../contract/own-name.js'
import { defined } from '../contract/defined.js'
import type { PlanView } from '../contract/plan-view.js'
import type { RollbackOption } from '../contract/rollback.js'
import type { Decision } from '../contract/decision.js'
import type { Gate } from '../contract/names.js'
import type { GateView, GateWho, MigrationRequest, RefusedDecision, RunView } from '../contract/run.js'
import {
  assertionsAt,
  gateOutcome,
  judgeDecision,
  recordDecision,
  requesterDecidesAlone,
  type Judgement,
} from '../runbook/policy.js'
import { insteadOf, whyNotThisWay } from '../runbook/possible-ways.js'
import { shownHash } from '../runbook/shown.js'
import { whoDecides } from '../runbook/who-decides.js'
import { samePerson } from '../runbook/people/people.js'
import { readDecision } from '../runbook/signal-body.js'
import { verifyDecision, verifyForRun, type SignatureVerdict } from '../runbook/people/signature.js'
import { type Words } from '../contract/next-command.js'
import type { Ending } from './state.js'

/**
 * The approval state as plain data, and all that changes it. Pure but for the state that it is given: no clock, no
 * Temporal, so that a fuzz test can drive it through thousands of runs.
 */
export interface GateState {
  request: Pick<MigrationRequest, 'policy' | 'people' | 'requester' | 'preApproved' | 'proposedBy'> & {
    target: Pick<MigrationRequest['target'], 'production'>
  }
  view: Pick<
    RunView,
    'workflowId' | 'runId' | 'resetFrom' | 'gates' | 'refused' | 'refusedBeyond' | 'planHash' | 'message'
  >
  /** Set while the database can be taken back: a rollback may be decided although nothing asked for it. */
  mayRollBack: boolean
  /** The ways back as people are shown them: one that is not possible cannot be chosen. Absent: not known yet. */
  ways?: readonly RollbackOption[]
  /** Set in runs that take nothing in the name of the tool itself. */
  refusesOwnName?: boolean
  /** Set while the run only closes: how it ends is known, and no gate opens any more. */
  ending?: Pick<Ending, 'outcome' | 'message'>
}

/** Refused decisions kept in the state: enough for an audit, bounded against a flood. */
const MAX_REFUSED = 200

export type DecisionAnswer =
  | {
      counted: true
      gate: Gate
      state: GateView['state']
      approvalsMissing: number
      /** Fingerprint of the key whose signature was verified. */
      signedWith?: string
      /** Somebody was there: at a hardware key, or at a passkey. */
      touched?: true
    }
  | { counted: false; reason: string; unrecorded: boolean; advice?: Words }

export function gateOf({ view }: Pick<GateState, 'view'>, gate: Gate): GateView {
  const found = view.gates.find((candidate) => candidate.gate === gate)
  if (found === undefined) throw new Error(`gate ${gate} is missing from the state`)
  return found
}

/**
 * What would become of a decision, without taking it. `ignoringEarlyPlan`: as runs judged one that names a plan where there is none, before
 * that was refused.
 */
export function consider(
  state: GateState,
  body: unknown,
  { ignoringEarlyPlan = false }: { ignoringEarlyPlan?: boolean } = {},
): DecisionAnswer {
  const read = readDecision(body)
  if (!read.ok) return { counted: false, reason: read.reason, unrecorded: true }
  if (state.refusesOwnName === true && isOwnName(read.body.actor))
    return { counted: false, reason: OWN_NAME_REFUSED, unrecorded: true }
  const judgement = judge(state, read.body)
  if (!judgement.counts) {
    const { code, reason } = judgement
    const advice = code === 'not-open' ? insteadOf(read.body.gate, state.view) : undefined
    return { counted: false, reason, unrecorded: UNRECORDED.has(code), ...defined({ advice }) }
  }
  if (!ignoringEarlyPlan && namesAbsentPlan(state, read.body)) {
    const named = String(read.body.planHash).slice(0, 12)
    return {
      counted: false,
      reason: `the decision names plan ${named}, and there is no plan`,
      unrecorded: true,
    }
  }
  const impossible = whyNotThisWay(read.body, state.ways)
  if (impossible !== undefined) return { counted: false, ...impossible, unrecorded: true }
  const bySlack = whyNotBySlack(state, read.body)
  if (bySlack !== undefined) return { counted: false, reason: bySlack, unrecorded: false }
  const signature = signatureOf(state, read.body)
  if (signature?.good === false) {
    // A run keeps the people of its start: what is configured by now may know that passkey.
    const reason = signature.unknownPasskey
      ? `this run knows the people and keys of its start: none of '${read.body.actor}' is this passkey`
      : signature.reason
    return { counted: false, reason, unrecorded: false }
  }
  return {
    counted: true,
    gate: judgement.gate,
    state: 'open',
    approvalsMissing: judgement.missing,
    ...(signature === undefined
      ? {}
      : { signedWith: signature.key, ...(signature.touched ? { touched: true as const } : {}) }),
  }
}

/**
 * Why a button in Slack does not decide it; undefined where it does, or none was pressed. Nothing proves here that one was: that the console says so
 * takes nothing away from the rules, and adds these.
 */
function whyNotBySlack(
  { view, request }: GateState,
  { slackUser, actor, gate, shown, planHash }: Decision,
): string | undefined {
  if (slackUser === undefined) return undefined
  if (request.policy.requireSignatures)
    return 'the policy asks for signatures, and a button in Slack is none, whoever sends it'
  if (gate === 'rollback') return 'no button in Slack takes a database back, or keeps it'
  const pressed = request.people.filter(({ slack }) => slack === slackUser)
  if (pressed.length === 0 || !pressed.every(({ name }) => samePerson(name, actor)))
    return `this run knows the people of its start: the Slack user ${slackUser} is not '${actor}' there`
  if (view.planHash !== null && planHash === undefined)
    return "a decision by a button in Slack names its plan in 'planHash'"
  if (shown !== shownHash(gateOf({ view }, gate)))
    return 'what the message in Slack showed is not what the gate shows now: look at it again'
  return undefined
}

/**
 * The verdict on the signature; undefined where none is needed and none was given. One that was given must be good, needed
 * or not: somebody went to the trouble of forging it, or of signing for another plan.
 */
function signatureOf(state: GateState, decision: Decision): SignatureVerdict | undefined {
  const { view, request } = state
  const unsigned = decision.signature === undefined && decision.assertion === undefined
  if (!request.policy.requireSignatures && unsigned) return undefined
  // Signed for "whatever the plan is" would be signed for any plan.
  if (view.planHash !== null && decision.planHash === undefined) {
    return { good: false, reason: "a signed decision names its plan in 'planHash'" }
  }
  const { assertion, shown, gate } = decision
  if (assertion !== undefined && shown !== shownHash(gateOf(state, gate))) {
    return { good: false, reason: 'what was shown is not what the gate shows now: look at it again' }
  }
  const before = view.gates.flatMap(assertionsAt)
  const { people, policy } = request
  return verifyForRun(view, (run) => verifyDecision({ run, decision, people, policy, before }))
}

/** Takes a decision: counts it, or keeps it as refused with the reason. Never throws, whatever the body is. */
export function decide(
  state: GateState,
  body: unknown,
  at: string,
  how: { ignoringEarlyPlan?: boolean } = {},
): DecisionAnswer {
  const read = readDecision(body)
  const answer = consider(state, body, how)
  if (!read.ok || !answer.counted) {
    refuse(state, body, answer.counted ? 'it cannot be read' : answer.reason, at)
    return answer
  }
  const gate = gateOf(state, answer.gate)
  const { signedWith, touched } = answer
  count(state, read.body, { at, ...defined({ signedWith, touched }) })
  return { ...answer, state: gate.state, approvalsMissing: missingApprovals(state, gate.gate) }
}

/** Whether a decision is bound to a plan where none is there to be bound to: whoever sent it saw another run, or none. */
export function namesAbsentPlan({ view }: Pick<GateState, 'view'>, body: unknown): boolean {
  const read = readDecision(body)
  return read.ok && read.body.planHash !== undefined && view.planHash === null
}

/**
 * Shows what is being confirmed and lets people decide. A rollback that was decided before stays decided. A gate that is open already stays
 * open since it was, and shows what is true now.
 */
export function openGate(
  state: GateState,
  input: { gate: Gate; shows: Words[]; plan?: PlanView; at: string; expiresAt?: string },
): void {
  const view = gateOf(state, input.gate)
  if (view.state !== 'open') view.openedAt = input.at
  if (view.state === 'waiting') view.state = 'open'
  view.shows = input.shows
  if (input.plan !== undefined) view.plan = input.plan
  if (input.expiresAt === undefined) delete view.expiresAt
  else view.expiresAt = input.expiresAt
  if (view.state === 'open') decideInAdvance(state, input.gate, input.at)
  keepWho(state, view)
}

/** Silence is never consent. */
export function expireGate(state: GateState, gate: Gate): void {
  const view = gateOf(state, gate)
  if (view.state === 'open') view.state = 'expired'
  keepWho(state, view)
}

/** Decisions that were given for what is no longer true are kept but count no more: the gate waits again. */
export function voidGate(state: GateState, gate: Gate): void {
  const view = gateOf(state, gate)
  view.earlier = [...(view.earlier ?? []), ...view.decisions]
  view.decisions = []
  view.state = 'waiting'
  keepWho(state, view)
}

export function missingApprovals(state: GateState, gate: Gate): number {
  const outcome = gateOutcome({
    rules: state.request.policy.gates[gate],
    decisions: gateOf(state, gate).decisions,
    planHash: state.view.planHash,
  })
  return outcome.state === 'open' ? outcome.missing : 0
}

function judge(state: GateState, decision: Decision): Judgement {
  const { view, mayRollBack } = state
  const { policy, people, requester } = state.request
  const gates = view.gates.map((gate) =>
    gate.gate === 'rollback' && gate.state === 'waiting' && mayRollBack
      ? { ...gate, state: 'open' as const }
      : gate,
  )
  const judgement = judgeDecision({ decision, gates, policy, people, requester, planHash: view.planHash })
  if (judgement.counts || judgement.code !== 'not-open') return judgement
  return { ...judgement, reason: `${judgement.reason}; ${whereItIs(state)}` }
}

function whereItIs({ view, ending }: GateState): string {
  if (ending !== undefined) return `the run is ending, ${ending.outcome}: ${ending.message}`
  const open = view.gates.find((gate) => gate.state === 'open')
  return open === undefined ? view.message : `the open gate is '${open.gate}'`
}

function count(
  state: GateState,
  decision: Decision,
  proof: { at: string; signedWith?: string; touched?: true },
): void {
  const gate = gateOf(state, decision.gate)
  const { planHash } = state.view
  const taken = gate.decisions.length + (gate.earlier?.length ?? 0)
  const fallbackId = `${decision.gate}/${decision.actor}/${taken + 1}`
  gate.decisions.push(recordDecision({ decision, planHash, fallbackId, ...proof }))
  const rules = state.request.policy.gates[gate.gate]
  const outcome = gateOutcome({ rules, decisions: gate.decisions, planHash })
  if (gate.state === 'waiting' || gate.state === 'open') gate.state = outcome.state
  keepWho(state, gate)
}

/** Shown wherever the decision is asked for; of a gate that is not open, nobody asks. */
function keepWho({ view, request }: GateState, gate: GateView): void {
  if (gate.state !== 'open') {
    delete gate.who
    return
  }
  gate.who = whoOf({ view, request }, gate.gate)
}

/** Who may approve it now, as if it were open. */
export function whoOf({ view, request }: Pick<GateState, 'view' | 'request'>, gate: Gate): GateWho {
  const { policy, people, requester } = request
  const { gates, planHash } = view
  return whoDecides({ gate, gates, policy, people, requester, planHash })
}

function refuse(state: GateState, body: unknown, reason: string, at: string): void {
  keepRefused(state, { ...sentFields(body), at, reason })
}

/** Into the audit trail, as long as it has room; then counted. */
export function keepRefused(
  {
    view,
    request: { people },
  }: {
    view: Pick<RunView, 'refused' | 'refusedBeyond'>
    request: Pick<MigrationRequest, 'people'>
  },
  one: RefusedDecision,
): void {
  const { refused } = view
  const isNamed = people.length > 0 && one.actor !== ''
  const nobody = isNamed && !people.some(({ name }) => samePerson(name, one.actor))
  if (refused.length < MAX_REFUSED) refused.push({ ...one, ...(nobody ? { nobody } : {}) })
  else view.refusedBeyond = (view.refusedBeyond ?? 0) + 1
}

/**
 * `--yes` is the requester's own decision; an automatic gate is the policy's. Neither may take back a database, and neither opens a gate of
 * what an agent proposed: people decide at each.
 */
function decideInAdvance(state: GateState, gate: Gate, at: string): void {
  if (gate === 'rollback') return
  const { policy, people, requester, preApproved, proposedBy, target } = state.request
  if (proposedBy !== undefined) return
  if (preApproved && requesterDecidesAlone({ gate, policy, people, requester })) {
    const comment = 'given at the start: --yes'
    const answer = decide(state, { gate, decision: 'approve', actor: requester, comment }, at)
    const given = gateOf(state, gate).decisions.at(-1)
    if (answer.counted && given !== undefined) given.inAdvance = true
    return
  }
  if (policy.gates[gate].automatic && !(gate === 'final' && target.production)) {
    const view = gateOf(state, gate)
    view.state = 'skipped'
    view.shows = [...view.shows, 'Opened by itself: the checks passed, and the policy asks for nobody']
  }
}

const UNRECORDED: ReadonlySet<string> = new Set(['unknown-gate', 'not-open', 'no-actor'])

function sentFields(body: unknown): Pick<RefusedDecision, 'gate' | 'actor' | 'decision'> {
  const fields: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {}
  const text = (name: string): string => {
    const value = fields[name]
    return typeof value === 'string' ? value.slice(0, 200) : ''
  }
  return { gate: text('gate'), actor: text('actor'), decision: text('decision') }
}
