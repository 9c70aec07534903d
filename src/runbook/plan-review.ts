import { ATTESTATIONS, type Attestation } from '../contract/attestations.js'
import type { Check, GateView, MigrationRequest } from '../contract/run.js'
import { attestationsOf } from './default-policy.js'
import { requesterDecidesAlone } from './policy.js'

export const WAY_BACK_LINE: Attestation = 'rollback-plan-reviewed'

type Rules = Pick<MigrationRequest, 'policy' | 'people' | 'requester' | 'preApproved'> & {
  target: Pick<MigrationRequest['target'], 'production'>
}

/** Whether who approves the plan answers for its ways back, too: they are written by the rehearsal, so nobody could before. */
export function answersForWayBack({
  policy,
  target,
  evidence,
}: Pick<MigrationRequest, 'policy' | 'evidence'> & Pick<Rules, 'target'>): boolean {
  const { lines } = attestationsOf({ production: target.production, policy, proven: [] })
  return (
    lines.includes(WAY_BACK_LINE) &&
    !evidence.some(({ name, state }) => name === WAY_BACK_LINE && state !== 'warned')
  )
}

export const WAY_BACK_ANSWERED = `Approving this plan answers for: ${ATTESTATIONS[WAY_BACK_LINE]}`

/** What the approvals of the plan say of its ways back: those of people who could see them. */
export function wayBackReview(rules: Rules, { decisions }: Pick<GateView, 'decisions'>): Check {
  const line = { name: WAY_BACK_LINE, title: ATTESTATIONS[WAY_BACK_LINE] }
  const { policy, people, requester } = rules
  if (rules.preApproved && requesterDecidesAlone({ gate: 'plan', policy, people, requester })) {
    const message = `not attested: ${requester} approved the plan in advance, before there was a rollback plan`
    return { ...line, state: 'warned', message }
  }
  const approvals = decisions.filter(({ decision }) => decision === 'approve')
  const last = approvals.at(-1)
  if (last === undefined)
    return { ...line, state: 'warned', message: 'not attested: the gate plan opened by itself' }
  const who = approvals.map(({ actor }) => actor).join(', ')
  return {
    ...line,
    state: 'attested',
    message: `attested by ${who} at the gate plan`,
    actor: who,
    at: last.at,
  }
}
