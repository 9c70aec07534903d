import { z } from 'zod'
import { ATTESTATION_NAMES } from './attestations.js'
import { SLACK_USER } from './ask.js'
import { PASSKEY } from './passkey-line.js'
import { GATES } from './names.js'
import { isOwnName } from './own-name.js'

export const rollbackStrategySchema = z.enum(['reverse-migration', 'time-travel', 'restore-backup', 'none'])
export type RollbackStrategy = z.infer<typeof rollbackStrategySchema>

/** Who is reached so long after a gate opened, and by which channels besides those that have told of it. */
export const escalationStepSchema = z.object({
  /** Milliseconds; 0: as soon as it opens. */
  afterMs: z.number().int().nonnegative(),
  /** Names of people, or roles. */
  to: z.array(z.string().min(1)).min(1),
  /** Names of channels that hear of this gate from here on. */
  channels: z.array(z.string().min(1)).optional(),
})
export type EscalationStep = z.infer<typeof escalationStepSchema>

/** Who may decide one gate, and until when. */
export const gatePolicySchema = z.object({
  /** Roles of which the actor must hold one; empty: anybody. */
  roles: z.array(z.string()).default([]),
  /** Different people who must approve. */
  approvals: z.number().int().min(1).default(1),
  /** Whether the requester may approve their own run. */
  requesterMayApprove: z.boolean().default(true),
  /** People who approved one of these gates may not approve this one. */
  differentFrom: z.array(z.enum(GATES)).default([]),
  /** Milliseconds until the gate expires; absent: it waits for ever. Expiry is never an approval. */
  deadlineMs: z.number().int().positive().optional(),
  /** Milliseconds after opening at which people are reminded. */
  remindersMs: z.array(z.number().int().positive()).default([]),
  /** Roles told when the deadline is near, after the reminders. */
  escalateTo: z.array(z.string()).default([]),
  /** The chain that an unanswered gate goes up. Absent: reminders alone. */
  escalation: z.array(escalationStepSchema).max(20).optional(),
  /** Approve by itself when the checks in front of the gate pass. */
  automatic: z.boolean().default(false),
  /** Only signatures count for which somebody was there: of a hardware key, or a passkey. Where decisions are signed at all. */
  requirePresence: z.boolean().optional(),
})
export type GatePolicy = z.infer<typeof gatePolicySchema>

export const policySchema = z.object({
  gates: z.record(z.enum(GATES), gatePolicySchema),
  /** A breach in monitoring rolls back without a decision. */
  automaticRollback: z.boolean().default(false),
  automaticRollbackStrategy: rollbackStrategySchema.default('reverse-migration'),
  /** Decisions must carry a good signature of the actor's public key. */
  requireSignatures: z.boolean().default(false),
  /** Lines of the checklist that a person must answer for at the start, or skip with a reason. */
  attestations: z.array(z.enum(ATTESTATION_NAMES)).optional(),
})
export type Policy = z.infer<typeof policySchema>

const SSH_KEY =
  /^\s*(?:ssh-ed25519|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) +AAAA[A-Za-z0-9+/]+=*(?:\s.*)?$/

/** A person as the config knows them. */
export const personSchema = z.object({
  name: z
    .string()
    .min(1)
    .refine((name) => !isOwnName(name), "a name that is not the tool's own and does not look like it"),
  roles: z.array(z.string()).default([]),
  contact: z.string().optional(),
  /** ID of their user in Slack, whose buttons are theirs. */
  slack: z.string().regex(SLACK_USER, 'the ID of a user in Slack, such as "U0123456789"').optional(),
  /**
   * SSH public keys, one line each as in `~/.ssh/id_ed25519.pub`, `id_ed25519_sk.pub` or `id_ecdsa_sk.pub`; and passkeys, one line each as
   * `d1-runbook enroll` writes it.
   */
  publicKeys: z
    .array(
      z
        .string()
        .regex(
          new RegExp(`${SSH_KEY.source}|${PASSKEY.source}`),
          'a line such as "ssh-ed25519 AAAA… name", "sk-ssh-ed25519@openssh.com AAAA… name", or "webauthn-es256 KEY id=ID rp=DOMAIN origin=PAGE name" of a passkey',
        ),
    )
    .default([]),
})
export type Person = z.infer<typeof personSchema>
