import { z } from 'zod'

/**
 * What stood behind a decision, or the start of a run: a passkey that knew its owner, a hardware key that was touched, a key that is a file, nothing but a name, a button that
 * a user of Slack pressed, or an agent that proposes and never decides.
 */
export const PROVENANCES = ['passkey', 'hardware-key', 'software-key', 'unsigned', 'slack', 'agent'] as const
export type Provenance = (typeof PROVENANCES)[number]
export const provenanceSchema = z.enum(PROVENANCES)

/** What a name of an agent cannot hold: it stands inside of sentences about people. */
export const NOT_IN_AGENT_NAMES = /[^\p{L}\p{N} ._/@+-]/u

/** An agent that started a run for the requester, by the name that it gave itself. */
export const proposerSchema = z.object({
  agent: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((name) => !NOT_IN_AGENT_NAMES.test(name), 'holds letters, digits, blanks and . _ / @ + - only'),
})
export type Proposer = z.infer<typeof proposerSchema>
