import type { Decision } from '../contract/decision.js'
import type { Person } from '../contract/policy.js'
import { samePerson } from './policy.js'
import { keyFingerprint, readPublicKey, readSignature, signatureFits } from './sshsig.js'

/** A signature made for anything else, such as a git commit, is none for us. */
export const SIGNATURE_NAMESPACE = 'd1-runbook'

/** Which run a signature is for: one given for another run, or for an earlier one, is worth nothing here. */
export interface SignedRun {
  workflowId: string
  runId: string
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
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value ?? null)}`)
  return ['d1-runbook decision, version 1', ...lines, ''].join('\n')
}

/** `key`: fingerprint of the key that signed, as `ssh-keygen -l` shows it. */
export type SignatureVerdict = { good: true; key: string } | { good: false; reason: string }

/** Whether the decision carries a good signature by one of its actor's keys. Never throws, whatever the signature is. */
export function verifyDecision(input: {
  run: SignedRun
  decision: Decision
  people: readonly Person[]
}): SignatureVerdict {
  const { run, decision, people } = input
  if (decision.signature === undefined)
    return bad('the policy asks for signed decisions, and this one is not signed')
  // Without an id of its own, a decision could be sent again under another one.
  if (decision.decisionId === undefined) return bad("a signed decision needs a 'decisionId'")
  const keys = keysOf(decision.actor, people)
  if (keys.length === 0) return bad(`no ed25519 public key of '${decision.actor}' is configured`)
  const signature = readSignature(decision.signature, SIGNATURE_NAMESPACE)
  if (typeof signature === 'string') return bad(signature)
  const key = keys.find((known) => equal(known, signature.publicKey))
  if (key === undefined) {
    return bad(
      `it is signed with the key ${keyFingerprint(signature.publicKey)}, which is not one of '${decision.actor}'`,
    )
  }
  const signed = { text: decisionText(run, decision), namespace: SIGNATURE_NAMESPACE }
  if (!signatureFits(signature, signed)) return bad('the signature does not fit what was decided')
  return { good: true, key: keyFingerprint(key) }
}

function keysOf(actor: string, people: readonly Person[]): Uint8Array[] {
  return people
    .filter(({ name }) => samePerson(name, actor))
    .flatMap(({ publicKeys }) => publicKeys)
    .flatMap((line) => readPublicKey(line) ?? [])
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function bad(reason: string): SignatureVerdict {
  return { good: false, reason }
}
