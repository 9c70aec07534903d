import { z } from 'zod'
import { GATES } from './names.js'
import { rollbackStrategySchema } from './policy.js'

/** What a passkey answers (WebAuthn, `AuthenticatorAssertionResponse`), each part base64url without padding, as a browser's `toJSON()` has it. */
export const assertionSchema = z.object({
  credentialId: z.string(),
  authenticatorData: z.string(),
  clientDataJSON: z.string(),
  signature: z.string(),
})
export type Assertion = z.infer<typeof assertionSchema>

/** Body of the signal `decide` and of the update `submitDecision`. */
export const decisionSchema = z.object({
  gate: z.enum(GATES),
  decision: z.enum(['approve', 'reject']),
  actor: z.string().trim().min(1),
  /** The plan that the actor saw. Must match once there is one; absent, the plan shown by the open gate is meant. */
  planHash: z.string().optional(),
  comment: z.string().optional(),
  /** Chosen by the sender: the same decision delivered twice counts once. */
  decisionId: z.string().min(1).optional(),
  /** At the gate `rollback`: which way back. */
  strategy: rollbackStrategySchema.optional(),
  /** SSHSIG of the decision by one of the actor's keys, armoured or bare base64; where the policy asks for it. */
  signature: z.string().optional(),
  /** In the place of a signature: one of the actor's passkeys signed the decision, with `shown`. */
  assertion: assertionSchema.optional(),
  /** SHA-256 of what the gate showed to the actor (`shownHash`); with an assertion or a button in Slack, which hold for nothing else. */
  shown: z.string().optional(),
  /** The Slack user who pressed the button, as the console says that took it. Never where the policy asks for signatures. */
  slackUser: z.string().optional(),
})
export type Decision = z.infer<typeof decisionSchema>

/** On every signal by which a person steers a run, for environments that ask for signatures. */
const signable = {
  /** Chosen by the sender: the same command delivered twice counts once. */
  commandId: z.string().min(1).optional(),
  /** SSHSIG of the command by one of the actor's keys, as in a decision. */
  signature: z.string().optional(),
}

export const issueReportSchema = z.object({
  severity: z.enum(['minor', 'major', 'critical']),
  description: z.string().trim().min(1),
  actor: z.string().trim().min(1),
  ...signable,
})
export type IssueReport = z.infer<typeof issueReportSchema>

export const observationSchema = z.object({ note: z.string().trim().min(1), actor: z.string().trim().min(1) })
export type Observation = z.infer<typeof observationSchema>

export const stopRequestSchema = z.object({
  reason: z.string().trim().min(1),
  actor: z.string().trim().min(1),
  ...signable,
})
export type StopRequest = z.infer<typeof stopRequestSchema>

/** Body of `pause` and `resume`. Without one nobody is named, which is enough where no signature is asked for. */
export const holdRequestSchema = z.object({
  actor: z.string().trim().min(1),
  reason: z.string().trim().min(1).optional(),
  ...signable,
})
export type HoldRequest = z.infer<typeof holdRequestSchema>
