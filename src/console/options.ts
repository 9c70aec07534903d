import type { Context } from 'hono'
import type { Person } from '../contract/policy.js'
import type { ConsoleDatabases } from './databases.js'
import type { HeaderSignIn } from './header-sign-in.js'
import type { Invitations } from './invitations.js'
import type { Now } from './memory.js'
import type { Readers } from './readers.js'
import type { ConsoleRuns } from './runs.js'
import type { SlackDesk } from './slack-press.js'
import type { Webhook } from './webhooks.js'

export interface ConsoleOptions {
  /** As browsers name the console: scheme, host and port. Passkeys are bound to it. */
  origin: string
  people: readonly Person[]
  /** IANA zone of times. */
  timeZone: string
  invitations: Invitations
  /** Absent: whoever is signed in reads the runs of every environment. */
  readers?: Readers | undefined
  /** Absent: passkeys alone let in. */
  signIn?: HeaderSignIn | undefined
  /** Absent where only passkeys are made here. */
  runs?: ConsoleRuns
  /** Absent where there is no page of databases. */
  databases?: ConsoleDatabases | undefined
  /** Channels of Slack whose messages lead here, or decide. */
  slack?: readonly SlackDesk[]
  /** What others send here by machine, each under a path of its own. */
  webhooks?: readonly Webhook[] | undefined
  /** Whoever asks, as limits count them. */
  addressOf: (context: Context) => string
  now?: Now
}
