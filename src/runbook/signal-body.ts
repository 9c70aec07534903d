import { defined } from '../contract/defined.js'
import type {
  Assertion,
  Decision,
  HoldRequest,
  IssueReport,
  Observation,
  StopRequest,
} from '../contract/decision.js'
import type { CheckpointVerdict, MonitoringAlert } from '../contract/monitoring.js'
import { cutText, LIMITS } from '../contract/limits.js'
import { GATES } from '../contract/names.js'
import { recordedCheckpoint } from '../contract/recorded.js'
import type { RollbackStrategy } from '../contract/policy.js'
import { grouped } from '../contract/number.js'

/**
 * Signals arrive from anywhere, also from `temporal workflow signal` with whatever JSON was typed. The workflow reads
 * them here: a body that is not what it should be is refused with a reason, never thrown over.
 */
export type SignalBody<T> = { ok: true; body: T } | { ok: false; reason: string }

const STRATEGIES: readonly RollbackStrategy[] = ['reverse-migration', 'time-travel', 'restore-backup', 'none']
const ALERT_KINDS: readonly MonitoringAlert['kind'][] = ['breach', 'continues', 'blind', 'recovered']
const SEVERITIES: readonly IssueReport['severity'][] = ['minor', 'major', 'critical']

/** The gate's name is not checked here: `judgeDecision` refuses an unknown one, by name. */
export function readDecision(value: unknown): SignalBody<Decision> {
  const fields = fieldsOf(value)
  const gate = short(fields, 'gate')
  const actor = short(fields, 'actor')
  const decision = fields['decision']
  if (gate === undefined) return bad(`a decision needs 'gate', one of ${GATES.join(', ')}`)
  if (decision !== 'approve' && decision !== 'reject')
    return bad(`a decision needs 'decision', approve or reject`)
  if (actor === undefined) return bad(`a decision needs 'actor', the name of the person`)
  const strategy = fields['strategy']
  if (strategy !== undefined && !isOneOf(STRATEGIES, strategy)) {
    return bad(`'strategy' is one of ${STRATEGIES.join(', ')}`)
  }
  for (const name of ['planHash', 'comment', 'decisionId', 'signature', 'shown', 'slackUser']) {
    if (fields[name] !== undefined && typeof fields[name] !== 'string') return bad(`'${name}' must be text`)
  }
  const assertion = readAssertion(fields['assertion'])
  if (!assertion.ok) return assertion
  const long = tooLong(fields)
  if (long !== undefined) return bad(long)
  const optional = (
    name: 'planHash' | 'comment' | 'decisionId' | 'signature' | 'shown' | 'slackUser',
  ): object => {
    const found = short(fields, name, name === 'comment' ? LIMITS.text : LIMITS.proof)
    return found === undefined ? {} : { [name]: found }
  }
  return {
    ok: true,
    body: {
      gate: gate as Decision['gate'],
      decision,
      actor,
      ...optional('planHash'),
      ...optional('comment'),
      ...optional('decisionId'),
      ...optional('signature'),
      ...optional('shown'),
      ...optional('slackUser'),
      ...defined({ strategy, assertion: assertion.body }),
    },
  }
}

/** What a passkey signed is longer than this nowhere: an ID of 1,023 bytes is the longest part that the standard allows. */
const MOST_ASSERTED = 2_048

/** Its four parts as text; what they say is for who verifies them. */
function readAssertion(value: unknown): SignalBody<Assertion | undefined> {
  if (value === undefined || value === null) return { ok: true, body: undefined }
  const fields = fieldsOf(value)
  const part = (name: keyof Assertion): string | undefined => {
    const found = fields[name]
    return typeof found === 'string' && found.length <= MOST_ASSERTED ? found : undefined
  }
  const credentialId = part('credentialId')
  const authenticatorData = part('authenticatorData')
  const clientDataJSON = part('clientDataJSON')
  const signature = part('signature')
  if (
    credentialId === undefined ||
    authenticatorData === undefined ||
    clientDataJSON === undefined ||
    signature === undefined
  )
    return bad(
      `'assertion' needs 'credentialId', 'authenticatorData', 'clientDataJSON' and 'signature', texts of at most ${grouped(MOST_ASSERTED)} characters`,
    )
  return { ok: true, body: { credentialId, authenticatorData, clientDataJSON, signature } }
}

export function readIssueReport(value: unknown): SignalBody<IssueReport> {
  const fields = fieldsOf(value)
  const severity = fields['severity']
  const description = short(fields, 'description', LIMITS.text)
  const actor = short(fields, 'actor')
  if (!isOneOf(SEVERITIES, severity)) return bad(`an issue needs 'severity', one of ${SEVERITIES.join(', ')}`)
  if (description === undefined) return bad(`an issue needs 'description'`)
  if (actor === undefined) return bad(`an issue needs 'actor', the name of the person`)
  const signed = signedPart(fields)
  return signed.ok ? { ok: true, body: { severity, description, actor, ...signed.body } } : signed
}

export function readObservation(value: unknown): SignalBody<Observation> {
  const fields = fieldsOf(value)
  const note = short(fields, 'note', LIMITS.text)
  const actor = short(fields, 'actor')
  if (note === undefined) return bad(`an observation needs 'note'`)
  if (actor === undefined) return bad(`an observation needs 'actor', the name of the person`)
  return { ok: true, body: { note, actor } }
}

export function readStopRequest(value: unknown): SignalBody<StopRequest> {
  const fields = fieldsOf(value)
  const reason = short(fields, 'reason', LIMITS.text)
  const actor = short(fields, 'actor')
  if (reason === undefined) return bad(`a stop needs 'reason'`)
  if (actor === undefined) return bad(`a stop needs 'actor', the name of the person`)
  const signed = signedPart(fields)
  return signed.ok ? { ok: true, body: { reason, actor, ...signed.body } } : signed
}

/** A pause without a body is one by nobody in particular: holding a run must be possible from any tool. */
export function readHoldRequest(value: unknown): SignalBody<HoldRequest> {
  const fields = fieldsOf(value)
  const reason = short(fields, 'reason', LIMITS.text)
  const signed = signedPart(fields)
  if (!signed.ok) return signed
  const actor = short(fields, 'actor') ?? 'somebody'
  return { ok: true, body: { actor, ...defined({ reason }), ...signed.body } }
}

function signedPart(
  fields: Record<string, unknown>,
): SignalBody<Pick<HoldRequest, 'commandId' | 'signature'>> {
  const long = tooLong(fields)
  if (long !== undefined) return bad(long)
  const body: Pick<HoldRequest, 'commandId' | 'signature'> = {}
  for (const name of ['commandId', 'signature'] as const) {
    if (fields[name] !== undefined && typeof fields[name] !== 'string') return bad(`'${name}' must be text`)
    const found = text(fields, name)
    if (found !== undefined) body[name] = found
  }
  return { ok: true, body }
}

/** From the monitoring child, or from anybody who can signal: what the parent uses of it is what is checked. */
export function readAlert(value: unknown): SignalBody<MonitoringAlert> {
  const fields = fieldsOf(value)
  const kind = fields['kind']
  const message = short(fields, 'message', LIMITS.text)
  const checkpoint = fieldsOf(fields['checkpoint'])
  const reasons = checkpoint['reasons']
  if (!isOneOf(ALERT_KINDS, kind)) return bad(`an alert needs 'kind', one of ${ALERT_KINDS.join(', ')}`)
  if (message === undefined) return bad(`an alert needs 'message'`)
  if (!Array.isArray(reasons) || !reasons.every(isReason))
    return bad(`an alert needs 'checkpoint' with its reasons`)
  const seen = recordedCheckpoint(checkpoint as unknown as MonitoringAlert['checkpoint'])
  return {
    ok: true,
    body: {
      kind,
      message,
      checkpoint: seen,
      ...verdictsOf(fields['verdicts']),
      ...countOf('onDemand', fields),
      ...countOf('late', fields),
    },
  }
}

function countOf(name: 'onDemand' | 'late', fields: Record<string, unknown>): Partial<MonitoringAlert> {
  const count = Number(fields[name])
  return fields[name] !== undefined && Number.isSafeInteger(count) && count >= 0 ? { [name]: count } : {}
}

/** All four counts, or none of them. */
function verdictsOf(value: unknown): Pick<MonitoringAlert, 'verdicts'> {
  const fields = fieldsOf(value)
  const count = (verdict: CheckpointVerdict): number => Number(fields[verdict])
  const verdicts = {
    healthy: count('healthy'),
    degraded: count('degraded'),
    breached: count('breached'),
    unknown: count('unknown'),
  }
  return Object.values(verdicts).every((one) => Number.isSafeInteger(one) && one >= 0) ? { verdicts } : {}
}

/** A sentence is what earlier versions sent. */
function isReason(value: unknown): boolean {
  return typeof value === 'string' || typeof fieldsOf(value)['text'] === 'string'
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Trimmed; undefined where it is missing, empty or no text. */
function text(fields: Record<string, unknown>, name: string): string | undefined {
  const value = fields[name]
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return value.trim()
}

/** As {@link text}, cut where it is longer than anybody needs it. */
function short(
  fields: Record<string, unknown>,
  name: string,
  limit: number = LIMITS.name,
): string | undefined {
  const found = text(fields, name)
  return found === undefined ? undefined : cutText(found, limit)
}

/** Why a body cannot be taken for its length: proofs, and what is signed, mean nothing once they are cut. */
function tooLong(fields: Record<string, unknown>): string | undefined {
  const over = (name: string, limit: number): boolean => (text(fields, name)?.length ?? 0) > limit
  const proof = ['decisionId', 'commandId'].find((name) => over(name, LIMITS.name))
  if (proof !== undefined) return `'${proof}' is longer than ${grouped(LIMITS.name)} characters`
  const long = ['planHash', 'signature', 'shown'].find((name) => over(name, LIMITS.proof))
  if (long !== undefined) return `'${long}' is longer than ${grouped(LIMITS.proof)} characters`
  if (text(fields, 'signature') === undefined && fields['assertion'] === undefined) return undefined
  const signed = ['reason', 'description', 'comment'].find((name) => over(name, LIMITS.text))
  return signed === undefined
    ? undefined
    : `'${signed}' is longer than ${grouped(LIMITS.text)} characters, and what is signed cannot be cut`
}

function isOneOf<T extends string>(allowed: readonly T[], value: unknown): value is T {
  return allowed.some((one) => one === value)
}

function bad(reason: string): { ok: false; reason: string } {
  return { ok: false, reason }
}
