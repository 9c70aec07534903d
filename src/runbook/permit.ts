import { defined } from '../contract/defined.js'
import type { CharteredEnvironment } from '../contract/charter.js'
import type { Decision } from '../contract/decision.js'
import type { Gate } from '../contract/names.js'
import type { Act, Permission } from '../contract/permission.js'
import type { RecordedDecision } from '../contract/run.js'
import { hashOf } from './charter/charter-hash.js'
import { verifyDecision, type SignedRun } from './people/signature.js'
import { assertionsAt, gateOutcome, judgeDecision, type GateRecord } from './policy.js'

/** Gates in front of the apply, in their order. All but the first are opened with the plan. */
const BEFORE_APPLY = ['team-lead', 'environment', 'connectivity', 'preflight', 'plan', 'final'] as const

/** Whose word counts, by whom it was configured: the worker's charter, not the run. */
export interface PermittingCharter {
  environment: Pick<CharteredEnvironment, 'policy' | 'people' | 'target'>
  charterHash: string
}

/**
 * Why people have not permitted to do this; undefined where they have. Pure: the workflow asks before it begins, and the activity again
 * before it acts, by its own charter, since a workflow history alone must not be able to change a database. Says nothing of
 * policies that ask for no signatures: there is nothing that could be verified.
 */
export function whyNotPermitted(input: {
  permission: Permission | undefined
  act: Act
  /** Of the workflow that asks, as Temporal names it. */
  run: SignedRun
  charter: PermittingCharter
}): string | undefined {
  const { permission, act, charter } = input
  const { policy, target } = charter.environment
  if (!policy.requireSignatures) return undefined
  if (permission === undefined) return 'the policy asks for signatures, and no signed decisions came with it'
  const { bound } = permission
  if (permission.act !== act) return `what was permitted is ${permission.act}, not ${act}`
  if (bound.charterHash !== charter.charterHash)
    return "what was approved was approved under another charter than this worker's"
  if (bound.environment !== target.environment || bound.databaseId !== target.database.id)
    return 'what was approved is for another database'
  if ((act === 'adopt') !== (bound.act === 'adopt'))
    return act === 'adopt'
      ? 'what was approved is to run files, not to record them'
      : 'what was approved is to record files, not to run them, nor to take them back'
  if (act === 'apply' || act === 'adopt') return firstNot(BEFORE_APPLY, { ...input, permission })
  const { automaticRollback, automaticRollbackStrategy } = policy
  const decided = decisionsAt(permission, 'rollback').length > 0
  // A breach that the policy answers by itself: only of what people let this very run apply.
  if (automaticRollback && automaticRollbackStrategy === act && !decided)
    return firstNot(BEFORE_APPLY, { ...input, permission })
  const other = decisionsAt(permission, 'rollback').find(({ strategy = act }) => strategy !== act)
  if (other !== undefined) return `'${other.actor}' decided for ${other.strategy ?? 'nothing'}, not ${act}`
  return firstNot(['rollback'], { ...input, permission })
}

type Asked = { permission: Permission; run: SignedRun; charter: PermittingCharter }

/** Takes the decisions once more, one gate after the other, by the same rules as the gates did. */
function firstNot(gates: readonly Gate[], { permission, run, charter }: Asked): string | undefined {
  const { policy, people, target } = charter.environment
  const { requester, proposedBy } = permission.bound
  const records: GateRecord[] = []
  for (const gate of gates) {
    // Nobody had seen a plan at the first gate.
    const planHash = gate === 'team-lead' ? null : hashOf(permission.bound)
    const rules = policy.gates[gate]
    const sent = decisionsAt(permission, gate)
    const record: GateRecord = { gate, state: 'open', decisions: [] }
    records.push(record)
    const opensByItself =
      rules.automatic &&
      proposedBy === undefined &&
      !(gate === 'final' && target.production) &&
      gate !== 'rollback'
    if (sent.length === 0 && opensByItself) {
      record.state = 'skipped'
      continue
    }
    for (const one of sent) {
      const decision = decisionOf(gate, one)
      if (decision.decision !== 'approve') return `'${one.actor}' declined at the gate '${gate}'`
      if (one.slackUser !== undefined || one.by === 'slack')
        return `at the gate '${gate}' a button in Slack decided, which counts nowhere where decisions are signed`
      if (planHash !== null && decision.planHash !== planHash)
        return `an approval at the gate '${gate}' is for another plan`
      const judged = judgeDecision({ decision, gates: records, policy, people, requester, planHash })
      if (!judged.counts) return `at the gate '${gate}' ${judged.reason}`
      const before = records.flatMap(assertionsAt)
      const signature = verifyDecision({ run, decision, people, policy, before })
      if (!signature.good) return `at the gate '${gate}' ${signature.reason}`
      record.decisions.push(one)
    }
    const outcome = gateOutcome({ rules, decisions: record.decisions, planHash })
    if (outcome.state !== 'approved') return `the gate '${gate}' is not approved`
    record.state = 'approved'
  }
  return undefined
}

function decisionsAt({ gates }: Permission, gate: Gate): RecordedDecision[] {
  return gates.filter((one) => one.gate === gate).flatMap(({ decisions }) => decisions)
}

/** As it was signed. */
function decisionOf(gate: Gate, recorded: RecordedDecision): Decision {
  const { decision, actor, decisionId, ...rest } = recorded
  const { planHash, comment, strategy, signature, assertion, shown } = rest
  return {
    ...{ gate, decision, actor, decisionId },
    ...defined({ planHash, comment, strategy, signature, assertion, shown }),
  }
}
