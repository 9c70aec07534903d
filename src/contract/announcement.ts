import { z } from 'zod'
import { wordsSchema } from './words.js'

export const ANNOUNCEMENT_KINDS = ['start', 'update', 'complete', 'emergency', 'reminder', 'note'] as const

/** Where messages go. A secret is the name of an environment variable of the worker. */
export const channelSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('terminal'), name: z.string().default('terminal') }),
  /** Appends to a file; relative paths start at the run's folder. */
  z.object({ kind: z.literal('file'), name: z.string().default('file'), path: z.string() }),
  z.object({ kind: z.literal('slack'), name: z.string().default('slack'), webhookUrlEnv: z.string() }),
  z.object({
    kind: z.literal('webhook'),
    name: z.string().default('webhook'),
    urlEnv: z.string(),
    /** HMAC-SHA256 key for the header `X-Runbook-Signature`. */
    secretEnv: z.string().optional(),
  }),
])
export type Channel = z.infer<typeof channelSchema>

/** Environment variables of the worker without which a channel tells nobody: its address first. */
export function secretsOf(channel: Channel): string[] {
  switch (channel.kind) {
    case 'terminal':
    case 'file':
      return []
    case 'slack':
      return [channel.webhookUrlEnv]
    case 'webhook':
      return channel.secretEnv === undefined ? [channel.urlEnv] : [channel.urlEnv, channel.secretEnv]
  }
}

export const announcementSchema = z.object({
  kind: z.enum(ANNOUNCEMENT_KINDS),
  /** The runbook's message, filled. */
  text: wordsSchema,
  at: z.string(),
  /** Same text delivered twice carries the same id. */
  dedupeId: z.string(),
  deliveries: z.array(
    z.object({ channel: z.string(), delivered: z.boolean(), error: z.string().optional() }),
  ),
})
export type Announcement = z.infer<typeof announcementSchema>

export const contactSchema = z.object({ role: z.string(), name: z.string(), contact: z.string() })
export type Contact = z.infer<typeof contactSchema>
