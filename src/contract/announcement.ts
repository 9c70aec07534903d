import { z } from 'zod'
import { askSchema } from './ask.js'
import { readMailServer } from './mail-server.js'
import { GATES } from './names.js'
import { wordsSchema } from './words.js'

export const ANNOUNCEMENT_KINDS = ['start', 'update', 'complete', 'emergency', 'reminder', 'note'] as const

/** Shown to everybody in a channel, and not only to who follows its thread: all but how the work goes on. */
export function isForAll(kind: (typeof ANNOUNCEMENT_KINDS)[number]): boolean {
  return kind !== 'update' && kind !== 'note'
}

/** Scheme, host and port, and nothing else; in the clear on this very machine alone. */
function isOrigin(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { origin, protocol, hostname } = new URL(url)
  return origin === url && (protocol === 'https:' || hostname === 'localhost')
}

const pagerShape = {
  /** Of the account. */
  region: z.enum(['us', 'eu']).default('us'),
  /** The API's address, where it is another one. */
  apiUrlEnv: z.string().optional(),
}

/** Of one message: whoever must tell more people has a list at the mail server. */
const MOST_RECIPIENTS = 20

/** Longest path of SMTP, without its brackets. https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3 */
const mailAddress = z.email('an e-mail address, such as "team@example.com"').max(254)

/** Where messages go. A secret is the name of an environment variable of the worker. */
export const channelSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('terminal'), name: z.string().default('terminal') }),
  /** Appends to a file; relative paths start at the run's folder. */
  z.object({ kind: z.literal('file'), name: z.string().default('file'), path: z.string() }),
  z.object({ kind: z.literal('slack'), name: z.string().default('slack'), webhookUrlEnv: z.string() }),
  /** A Slack app: one thread a run, and updates that replace each other, neither of which an incoming webhook can do. */
  z.object({
    kind: z.literal('slack-app'),
    name: z.string().default('slack-app'),
    /** Bot token with the scope `chat:write`; the app must be in the channel. */
    tokenEnv: z.string(),
    /** Its ID: a message is not found again by the channel's name. */
    channel: z.string().regex(/^[CDG][A-Z0-9]{2,}$/, 'the ID of a channel, such as "C0123456789"'),
    /** The API's address, where it is not https://slack.com/api. */
    apiUrlEnv: z.string().optional(),
    /** Messages that ask for a decision get buttons: one that leads to the console, and where no signatures are asked for two that decide. */
    decisions: z
      .strictObject({
        /** `serve --origin`. */
        console: z
          .url({ protocol: /^https?$/ })
          .refine(isOrigin, 'the origin of the console, such as "https://runbook.example.com"'),
        /** Signing secret of the app: the console knows by it what Slack sends, and both what the worker has sent. */
        signingSecretEnv: z.string(),
      })
      .optional(),
  }),
  z.object({
    kind: z.literal('webhook'),
    name: z.string().default('webhook'),
    urlEnv: z.string(),
    /** HMAC-SHA256 key for the header `X-Runbook-Signature`. */
    secretEnv: z.string().optional(),
  }),
  /** PagerDuty, by its Events API v2: an alert as long as a gate asks. */
  z.object({
    kind: z.literal('pagerduty'),
    name: z.string().default('pagerduty'),
    /** Integration key of a service, of the kind "Events API V2". */
    routingKeyEnv: z.string(),
    severity: z.enum(['critical', 'error', 'warning', 'info']).default('critical'),
    ...pagerShape,
  }),
  /** Opsgenie, by its Alert API: the same. */
  z.object({
    kind: z.literal('opsgenie'),
    name: z.string().default('opsgenie'),
    /** Key of an API integration. */
    apiKeyEnv: z.string(),
    priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']).default('P1'),
    ...pagerShape,
  }),
  /** E-mail, by SMTP: one thread a run. */
  z
    .object({
      kind: z.literal('email'),
      name: z.string().default('email'),
      /** Encrypted from the first byte (`smtps`), or by STARTTLS, which is demanded of every machine but this one. */
      server: z
        .string()
        .refine(
          (text) => readMailServer(text) !== undefined,
          'the address of a mail server, such as "smtps://smtp.example.com:465", or "smtp://smtp.example.com:587" for STARTTLS',
        ),
      /** Name and password to log in with; neither where the server asks for none. */
      userEnv: z.string().optional(),
      passwordEnv: z.string().optional(),
      from: mailAddress,
      to: z.array(mailAddress).min(1).max(MOST_RECIPIENTS),
    })
    .refine(({ userEnv, passwordEnv }) => (userEnv === undefined) === (passwordEnv === undefined), {
      path: ['userEnv'],
      message: 'userEnv and passwordEnv together, or neither',
    }),
])
export type Channel = z.infer<typeof channelSchema>

/** Environment variables of the worker without which a channel tells nobody: of a webhook, its address first. */
export function secretsOf(channel: Channel): string[] {
  switch (channel.kind) {
    case 'terminal':
    case 'file':
      return []
    case 'slack':
      return [channel.webhookUrlEnv]
    case 'slack-app':
      return [channel.tokenEnv, channel.apiUrlEnv, channel.decisions?.signingSecretEnv].filter(
        (name) => name !== undefined,
      )
    case 'webhook':
      return channel.secretEnv === undefined ? [channel.urlEnv] : [channel.urlEnv, channel.secretEnv]
    case 'pagerduty':
      return [channel.routingKeyEnv, channel.apiUrlEnv].filter((name) => name !== undefined)
    case 'opsgenie':
      return [channel.apiKeyEnv, channel.apiUrlEnv].filter((name) => name !== undefined)
    case 'email':
      return [channel.userEnv, channel.passwordEnv].filter((name) => name !== undefined)
  }
}

/** How Slack names a message within its channel. */
export const slackTsSchema = z.string().regex(/^\d{1,20}\.\d{1,20}$/)

/** Where a message goes of a channel that keeps a run together: into the thread that the first one began, or in place of an older one. */
export const announcementPlaceSchema = z.object({
  /** Name of the channel. */
  channel: z.string(),
  thread: slackTsSchema,
  /** The message whose news this one takes over. */
  replaces: slackTsSchema.optional(),
  /** What the message that began the thread says from now on: whoever reads the channel alone sees how far the run is. */
  head: wordsSchema.optional(),
  /** What that message still asks for. */
  headAsks: askSchema.optional(),
})
export type AnnouncementPlace = z.infer<typeof announcementPlaceSchema>

export const announcementSchema = z.object({
  kind: z.enum(ANNOUNCEMENT_KINDS),
  /** The runbook's message, filled. */
  text: wordsSchema,
  at: z.string(),
  /** Same text delivered twice carries the same id. */
  dedupeId: z.string(),
  deliveries: z.array(
    z.object({
      channel: z.string(),
      delivered: z.boolean(),
      error: z.string().optional(),
      /** Of a Slack app: the message that it became. */
      ts: z.string().optional(),
    }),
  ),
  /** It asks no more for this gate: said to those channels alone that showed or held that somebody was asked. */
  closes: z.enum(GATES).optional(),
})
export type Announcement = z.infer<typeof announcementSchema>

export const contactSchema = z.object({ role: z.string(), name: z.string(), contact: z.string() })
export type Contact = z.infer<typeof contactSchema>
