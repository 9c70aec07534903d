import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { samePerson } from './people.js'
import { canonicalJson } from '../../contract/canonical-json.js'
import type { Assertion, Decision } from '../../contract/decision.js'
import type { Gate, Steering } from '../../contract/names.js'
import type { Person, Policy } from '../../contract/policy.js'
import { claimedCounter, readAnswer } from './assertion.js'
import { passkeyFingerprint, readPasskey } from './passkey.js'
import { isHardwareKey, keyFingerprint, readPublicKey, sameKey, type SshPublicKey } from './ssh-key.js'
import { readSignature, signatureFits, wasTouched } from './sshsig.js'

/** A signature made for anything else, such as a git commit, is none for us. */
export const SIGNATURE_NAMESPACE = 'd1-runbook'

/** Which run a signature is for: one given for another run, or for an earlier one, is worth nothing here. */
export interface SignedRun {
  workflowId: string
  runId: string
}

/**
 * Verifies for a run, and where somebody has reset it also for the one that it began as: it goes through its past once more under another ID, and
 * would not come to where it was if decisions of then did not count again. Only the workflow asks so. A worker takes what was signed for the run that
 * Temporal names now, and nothing else.
 */
export function verifyForRun(
  { workflowId, runId, resetFrom }: SignedRun & { resetFrom?: string | undefined },
  verified: (run: SignedRun) => SignatureVerdict,
): SignatureVerdict {
  const now = verified({ workflowId, runId })
  if (now.good || resetFrom === undefined) return now
  const then = verified({ workflowId, runId: resetFrom })
  return then.good ? then : now
}

/** What is signed: one line a field, JSON behind its name, so that no text can look like another field. */
export function decisionText(run: SignedRun, decision: Decision): string {
  const { gate, decision: said, planHash, strategy, actor, comment, decisionId } = decision
  const fields = {
    workflow: run.workflowId,
    run: run.runId,
    gate,
    decision: said,
    plan: planHash,
    strategy,
    actor: actor.trim(),
    comment,
    id: decisionId,
  }
  return signedLines('d1-runbook decision, version 1', fields)
}

/** What a passkey signs of a decision: beside its fields, the hash of what was `shown` to the actor. Absent fields are left out. */
export function signedFields(run: SignedRun, decision: Decision): Record<string, string | null | undefined> {
  const { gate, decision: said, strategy, planHash, decisionId, shown, actor, comment } = decision
  return {
    workflow: run.workflowId,
    run: run.runId,
    gate,
    decision: said,
    strategy,
    planHash: planHash ?? null,
    decisionId,
    shown,
    actor: actor.trim(),
    comment,
  }
}

/** The challenge of its assertion: SHA-256 of {@link signedFields} as canonical JSON. */
export function decisionChallenge(run: SignedRun, decision: Decision): Uint8Array {
  return sha256(utf8ToBytes(canonicalJson(signedFields(run, decision))))
}

/** What somebody does to a run beside deciding at its gates. */
export interface SteeringCommand {
  command: Steering
  actor: string
  reason?: string | undefined
  /** Of `report-issue`, with `description`. */
  severity?: string | undefined
  description?: string | undefined
  commandId?: string | undefined
  signature?: string | undefined
}

/**
 * Whether a command may change how the run goes on, so that it needs a signature where the policy asks for them. A minor issue, as an
 * observation, is only written down: anybody may see something.
 */
export function changesTheCourse({ command, severity }: SteeringCommand): boolean {
  return command !== 'report-issue' || severity !== 'minor'
}

/** What is signed of a pause, an abort, an issue: no decision looks like one, nor the other way round. */
export function commandText(run: SignedRun, command: SteeringCommand): string {
  return signedLines('d1-runbook command, version 1', {
    workflow: run.workflowId,
    run: run.runId,
    command: command.command,
    actor: command.actor.trim(),
    reason: command.reason,
    severity: command.severity,
    description: command.description,
    id: command.commandId,
  })
}

function signedLines(title: string, fields: Record<string, string | undefined>): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value ?? null)}`)
  return [title, ...lines, ''].join('\n')
}

/**
 * `key`: fingerprint of the key that signed. `touched`: it is a hardware key or a passkey, and somebody was there. `unknownPasskey`: it is none of
 * the actor's among the people that were asked.
 */
export type SignatureVerdict =
  | { good: true; key: string; touched: boolean }
  | { good: false; reason: string; unknownPasskey?: true }

/**
 * Whether the decision carries a good signature by one of its actor's keys, of a device where its gate asks for presence. Never
 * throws, whatever the signature is. `before`: assertions of the run that were taken before this one.
 */
export function verifyDecision(input: {
  run: SignedRun
  decision: Decision
  people: readonly Person[]
  policy: Pick<Policy, 'gates'>
  before?: readonly Assertion[]
}): SignatureVerdict {
  const { run, decision, people, policy } = input
  if (decision.assertion !== undefined) return verifyAssertion(decision.assertion, input)
  const verdict = verify({
    what: 'decision',
    text: () => decisionText(run, decision),
    // Without an id of its own, a decision could be sent again under another one.
    id: { name: 'decisionId', value: decision.decisionId },
    actor: decision.actor,
    signature: decision.signature,
    people,
  })
  if (!verdict.good || verdict.touched || policy.gates[decision.gate].requirePresence !== true) return verdict
  return bad(
    `the gate '${decision.gate}' asks for a hardware key, which signs when it is touched, or a passkey, and ${verdict.key} is a file`,
  )
}

function verifyAssertion(
  assertion: Assertion,
  { run, decision, people, before = [] }: Parameters<typeof verifyDecision>[0],
): SignatureVerdict {
  const { actor, decisionId, shown } = decision
  if (decision.signature !== undefined)
    return bad('a decision is signed with an SSH key or with a passkey, not with both')
  if (decisionId === undefined) return bad("a signed decision needs a 'decisionId'")
  if (shown === undefined) return bad("a decision signed with a passkey says in 'shown' what was shown")
  const passkeys = linesOf(actor, people).flatMap((line) => readPasskey(line) ?? [])
  if (passkeys.length === 0) return { ...bad(`no passkey of '${actor}' is configured`), unknownPasskey: true }
  const passkey = passkeys.find(({ credentialId }) => credentialId === assertion.credentialId)
  if (passkey === undefined)
    return { ...bad(`it is signed with a passkey that is not one of '${actor}'`), unknownPasskey: true }
  const answer = readAnswer(assertion, { passkey, challenge: decisionChallenge(run, decision) })
  if (typeof answer === 'string') return bad(answer)
  const counted = before
    .filter(({ credentialId }) => credentialId === assertion.credentialId)
    .map((earlier) => claimedCounter(earlier))
  // A passkey that counts never says one number twice: two of them would be a copy. Most that are kept in a cloud say 0.
  const last = Math.max(0, ...counted)
  if ((last > 0 || answer.counter > 0) && answer.counter <= last)
    return bad('the counter of the passkey went backwards: there is a copy of it')
  return { good: true, key: passkeyFingerprint(passkey), touched: true }
}

/** Whether a person has a key with which a decision at this gate could count; true where the policy asks for no signatures. */
export function canSign(
  { publicKeys }: Pick<Person, 'publicKeys'>,
  gate: Gate,
  { requireSignatures, gates }: Pick<Policy, 'requireSignatures' | 'gates'>,
): boolean {
  return !requireSignatures || holdsKey(publicKeys, gates[gate].requirePresence === true)
}

/** Whether one of these lines is a key that may sign a decision; with `presence`, one for which somebody must be there. */
export function holdsKey(publicKeys: readonly string[], presence: boolean): boolean {
  return publicKeys.some((line) => {
    const key = readPublicKey(line)
    return key === undefined ? readPasskey(line) !== undefined : !presence || isHardwareKey(key)
  })
}

/** The same of a command that steers the run. */
export function verifyCommand(input: {
  run: SignedRun
  command: SteeringCommand
  people: readonly Person[]
}): SignatureVerdict {
  const { run, command, people } = input
  return verify({
    what: command.command,
    text: () => commandText(run, command),
    id: { name: 'commandId', value: command.commandId },
    actor: command.actor,
    signature: command.signature,
    people,
  })
}

function verify(input: {
  what: string
  text: () => string
  id: { name: string; value: string | undefined }
  actor: string
  signature: string | undefined
  people: readonly Person[]
}): SignatureVerdict {
  const { what, id, actor } = input
  if (input.signature === undefined)
    return bad(`the policy asks for signatures, and this ${what} is not signed`)
  if (id.value === undefined) return bad(`a signed ${what} needs a '${id.name}'`)
  const keys = keysOf(actor, input.people)
  if (keys.length === 0) return bad(`no public key of '${actor}' that could sign is configured`)
  const signature = readSignature(input.signature, SIGNATURE_NAMESPACE)
  if (typeof signature === 'string') return bad(signature)
  const key = keys.find((known) => sameKey(known, signature.publicKey))
  if (key === undefined) {
    return bad(
      `it is signed with the key ${keyFingerprint(signature.publicKey)}, which is not one of '${actor}'`,
    )
  }
  if (!signatureFits(signature, { text: input.text(), namespace: SIGNATURE_NAMESPACE }))
    return bad(`the signature does not fit this ${what}`)
  const touched = wasTouched(signature)
  if (isHardwareKey(key) && !touched) return bad('the hardware key signed without being touched')
  return { good: true, key: keyFingerprint(key), touched }
}

function keysOf(actor: string, people: readonly Person[]): SshPublicKey[] {
  return linesOf(actor, people).flatMap((line) => readPublicKey(line) ?? [])
}

function linesOf(actor: string, people: readonly Person[]): string[] {
  return people.filter(({ name }) => samePerson(name, actor)).flatMap(({ publicKeys }) => publicKeys)
}

function bad(reason: string): SignatureVerdict & { good: false } {
  return { good: false, reason }
}
