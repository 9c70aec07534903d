import type { Provenance } from '../../contract/provenance.js'
import type { RecordedDecision, RunView } from '../../contract/run.js'

/** What stands behind a decision by the signature that was verified. */
export function signedBy({
  signedWith,
  touched,
  assertion,
  slackUser,
}: Pick<RecordedDecision, 'signedWith' | 'touched' | 'assertion' | 'slackUser'>): Provenance {
  if (slackUser !== undefined) return 'slack'
  if (signedWith === undefined) return 'unsigned'
  if (assertion !== undefined) return 'passkey'
  return touched === true ? 'hardware-key' : 'software-key'
}

/** What stands behind a recorded decision; those of earlier versions do not say it themselves. */
export function provenanceOf(
  decision: Pick<RecordedDecision, 'by' | 'signedWith' | 'touched' | 'assertion' | 'slackUser'>,
): Provenance {
  return decision.by ?? signedBy(decision)
}

/** For people: what showed that it was this person. */
export function proofText(
  decision: Pick<RecordedDecision, 'by' | 'signedWith' | 'touched' | 'assertion' | 'slackUser'>,
): string {
  const key = decision.signedWith ?? ''
  switch (provenanceOf(decision)) {
    case 'passkey':
      return `passkey: ${key}`
    case 'hardware-key':
      return `hardware key, touched: ${key}`
    case 'software-key':
      return `key: ${key}`
    case 'unsigned':
      return 'not signed'
    case 'slack':
      return `Slack, the button pressed by ${decision.slackUser ?? 'a user'}; not signed`
    case 'agent':
      return 'an agent'
  }
}

type Start = Pick<RunView, 'requester' | 'proposedBy'>

/** Who wants the run, as a label and its value. */
export function requestOf({ requester, proposedBy }: Start): { label: string; value: string } {
  return proposedBy === undefined
    ? { label: 'Requested by', value: requester }
    : { label: 'Proposed by', value: `an agent (${proposedBy.agent}) for ${requester}` }
}

/** The same as one line. */
export function requestLine(start: Start): string {
  const { label, value } = requestOf(start)
  return `${label}: ${value}`
}

/** At a gate: that an agent, and no person, began the run. */
export function proposalLines(start: Start): string[] {
  return start.proposedBy === undefined ? [] : [requestLine(start)]
}

/** Behind the names of a run, in the middle of a line. */
export function requestText(start: Start): string {
  const { label, value } = requestOf(start)
  return `${label.toLowerCase()} ${value}`
}

/** What stands behind the start, beside the decisions: no start is signed. */
export function startText(start: Start): string {
  const signed = start.proposedBy === undefined ? 'not signed' : 'which decided nothing'
  return `The start: ${requestText(start)}, ${signed}.`
}
