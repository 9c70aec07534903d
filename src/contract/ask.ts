import { z } from 'zod'
import { GATES } from './names.js'

/** ID of a Slack user, as `people` and decisions name it. */
export const SLACK_USER = /^[UW][A-Z0-9]{2,30}$/

/** ID of a workspace of Slack. */
export const SLACK_TEAM = /^T[A-Z0-9]{2,30}$/

/** What a message asks of people: the gate, as it stood when the message was made. */
export const askSchema = z.object({
  gate: z.enum(GATES),
  /** When it opened, ISO 8601: opened again, it asks something else. */
  openedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().optional(),
  planHash: z.string().nullable(),
  /** SHA-256 of what it shows (`shownHash`). */
  shown: z.string(),
  /** Whether a press of a button in a message may decide: no signature is asked for, and nothing is taken back by it. */
  buttons: z.boolean(),
  /** Slack users who are reached with it. */
  mentions: z.array(z.string().regex(SLACK_USER)).optional(),
})
export type Ask = z.infer<typeof askSchema>

/** What a link or a button in a message is good for, and nothing else. */
export const sealedAskSchema = z.object({
  /** A link and a button can both be copied from a message: one is never taken for the other. */
  for: z.enum(['link', 'approve', 'reject']),
  workflow: z.string().min(1),
  run: z.string().min(1),
  gate: z.enum(GATES),
  openedAt: z.iso.datetime(),
  planHash: z.string().nullable(),
  shown: z.string(),
  /** ISO 8601: good for nothing from then on. */
  until: z.iso.datetime(),
  /** Of a button: the workspace in which the app is installed, by its own token. */
  team: z.string().regex(SLACK_TEAM).optional(),
})
export type SealedAsk = z.infer<typeof sealedAskSchema>

/** By what Slack tells the buttons of a message apart. */
export const SLACK_ACTIONS = {
  link: 'd1-runbook-open',
  approve: 'd1-runbook-approve',
  reject: 'd1-runbook-reject',
} as const

/** Where the console takes what people press in Slack, and where its links lead. */
export const SLACK_PATH = '/slack/interactive'
export const ASKED_PATH = '/asked'
