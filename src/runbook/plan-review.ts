import { ATTESTATIONS, type Attestation } from '../contract/attestations.js'
import type { Check, GateView, MigrationRequest } from '../contract/run.js'
import { attestationsOf } from './default-policy.js'

export const WAY_BACK_LINE: Attestation = 'rollback-plan-reviewed'

/** Whether who approves the plan answers for its ways back, too: they are written by the rehearsal, so nobody could before. */
export function answersForWayBack({
  policy,
  target,
  evidence,
}: Pick<MigrationRequest, 'policy' | 'evidence'> & {
  target: Pick<MigrationRequest['target'], 'production'>
}): boolean {
  const { lines } = attestationsOf({ production: target.production, policy, proven: [] })
  return (
    lines.includes(WAY_BACK_LINE) &&
    !evidence.some(({ name, state }) => name === WAY_BACK_LINE && state !== 'warned')
  )
}

export const WAY_BACK_ANSWERED = `Approving this plan answers for: ${ATTESTATIONS[WAY_BACK_LINE]}`

/** What the approvals of the plan say of its ways back: those of people who could see them. */
export function wayBackReview({ decisions }: Pick<GateView, 'decisions'>): Check {
  const line = { name: WAY_BACK_LINE, title: ATTESTATIONS[WAY_BACK_LINE] }
  const approvals = decisions.filter((one) => one.decision === 'approve' && one.inAdvance !== true)
  const last = approvals.at(-1)
  const blind = decisions.find(({ inAdvance }) => inAdvance === true)
  if (last === undefined && blind !== undefined) {
    const message = `not attested: ${blind.actor} approved the plan in advance, before there was a rollback plan`
    return { ...line, state: 'warned', message }
  }
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
