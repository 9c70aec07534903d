import { createHash } from 'node:crypto'
import type { NodemailerError, SMTPSentMessageInfo, SMTPTransportOptions, Transporter } from 'nodemailer'
import type { Channel } from '../contract/announcement.js'
import { plain } from '../contract/command-line.js'
import { RunbookError } from '../contract/failures.js'
import { readMailServer, type MailServer } from '../contract/mail-server.js'
import { linesOf, type Words } from '../contract/next-command.js'
import { demandVariable, type NamedVariables } from '../contract/variables.js'
import { cut } from '../text/cut.js'
import { visible, visibleLines } from '../text/visible.js'
import { networkReason } from './probes/request.js'

type Email = Extract<Channel, { kind: 'email' }>
type Mailer = Transporter<SMTPSentMessageInfo, SMTPTransportOptions>

/** Of each step: looking the name up, connecting, the greeting, an answer. Milliseconds. */
const STEP_TIMEOUT_MS = 8_000

/** Of the whole, well within the time of the activity. Milliseconds. */
const SEND_TIMEOUT_MS = 20_000

/** Of the subject; of each of the two names before the news in it. Characters. */
const SUBJECT_LENGTH = 250
const NAME_LENGTH = 60

export interface Mail {
  text: Words
  /** ISO 8601. */
  at: string
  dedupeId: string
  runId: string
  database: { name: string; environment: string }
}

/**
 * Hands one message to the mail server, for all addresses of the channel. The same message has the same Message-ID at each try, and all of a
 * run refer to one. Throws `ConfigInvalid` for what the server would refuse again, and an ordinary error for what another try may deliver.
 */
export async function tellByEmail(here: NamedVariables, channel: Email, mail: Mail): Promise<void> {
  const server = serverOf(channel)
  const mailer = await mailerFor(here, channel, STEP_TIMEOUT_MS)
  const thread = messageId(channel, 'run', mail.runId)
  const sent = await mailer
    .sendMail({
      from: { name: 'd1-runbook', address: channel.from },
      to: channel.to.map((address) => ({ name: '', address })),
      subject: subjectOf(mail),
      text: `${visibleLines(plain(mail.text))}\n`,
      messageId: messageId(channel, 'message', mail.dedupeId),
      ...{ inReplyTo: thread, references: [thread] },
      ...(Number.isNaN(Date.parse(mail.at)) ? {} : { date: new Date(mail.at) }),
      // Programs that answer by themselves leave it alone: https://www.rfc-editor.org/rfc/rfc3834#section-5
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    })
    .catch((error: unknown) => {
      throw failureOf(error, server)
    })
  const refused = sent.rejectedErrors ?? []
  if (refused.length > 0) throw recipientsRefused(refused, server.host)
}

/** Connects, and logs in where the channel has a login; sends nothing. Undefined: a message would be taken so far. */
export async function whyMailIsSilent(
  here: NamedVariables,
  channel: Email,
  timeoutMs: number,
): Promise<string | undefined> {
  const mailer = await mailerFor(here, channel, timeoutMs)
  return mailer.verify().then(
    () => undefined,
    (error: unknown) => failureOf(error, serverOf(channel)).message,
  )
}

/** Loaded for who sends mail alone. */
async function mailerFor(here: NamedVariables, channel: Email, timeoutMs: number): Promise<Mailer> {
  const { host, port, secure, local } = serverOf(channel)
  const auth =
    channel.userEnv === undefined || channel.passwordEnv === undefined
      ? {}
      : {
          auth: {
            user: demandVariable(channel.userEnv, here),
            pass: demandVariable(channel.passwordEnv, here),
          },
        }
  const { createTransport } = await import('nodemailer')
  return createTransport({
    ...{ host, port, secure, ...auth },
    // A server that offers no STARTTLS, or somebody on the way who hides that it does, gets neither the login nor the message.
    ...(secure ? {} : local ? { ignoreTLS: true } : { requireTLS: true }),
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    ...{ dnsTimeout: timeoutMs, allowInternalNetworkInterfaces: true },
    // The text is all that is sent: nothing in it names a file or an address to be fetched.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
}

function serverOf({ server }: Email): MailServer {
  const read = readMailServer(server)
  if (read !== undefined) return read
  throw new RunbookError('ConfigInvalid', `${visible(server)} is no mail server`, {
    advice: 'Write smtps://HOST:465, or smtp://HOST:587, as `server` of the channel in runbook.config.',
  })
}

/** One line, whatever people called their databases: nothing in it can end the header. */
function subjectOf({ text, database }: Mail): string {
  const [title = ''] = linesOf(text)
  const [environment, name] = [database.environment, database.name].map((one) =>
    cut(visible(one), NAME_LENGTH),
  )
  return cut(`[${environment ?? ''}: ${name ?? ''}] ${visible(plain(title))}`, SUBJECT_LENGTH)
}

/** Of letters that may stand there, whatever it is made of. */
function messageId({ from }: Email, what: 'run' | 'message', of: string): string {
  const hash = createHash('sha256').update(of).digest('hex').slice(0, 32)
  return `<d1-runbook.${what}.${hash}@${from.slice(from.lastIndexOf('@') + 1)}>`
}

function recipientsRefused(refused: readonly NodemailerError[], host: string): Error {
  const why = refused.map((one) => `${one.recipient ?? 'a recipient'}, ${saidBy(one)}`).join('; ')
  return failure(`${host} refused ${why}`, refused.every(isPermanent))
}

/** What the server says to a login is not told: it may repeat what it was given. */
function failureOf(error: unknown, { host }: MailServer): Error {
  if (!isFailure(error)) return new Error(`${host} cannot be reached: ${networkReason(error)}`)
  const status = error.responseCode === undefined ? '' : `: ${error.responseCode}`
  if (error.code === 'EAUTH') return failure(`${host} refused the login${status}`, isPermanent(error))
  if (error.command === 'STARTTLS' && error.responseCode !== undefined)
    return failure(
      `${host} does not encrypt the connection (STARTTLS)${status}; it got no login and no message`,
      isPermanent(error),
    )
  const recipients = error.rejectedErrors ?? []
  if (recipients.length > 0) return recipientsRefused(recipients, host)
  if (error.responseCode !== undefined)
    return failure(`${host} refused: ${saidBy(error)}`, isPermanent(error))
  return new Error(`${host} cannot be reached: ${reasonOf(error)}`)
}

function isFailure(error: unknown): error is NodemailerError {
  return error instanceof Error && !(error instanceof RunbookError)
}

/** Whether it would answer the same to the same message. */
function isPermanent({ permanent }: NodemailerError): boolean {
  return permanent === true
}

function saidBy({ response, responseCode }: NodemailerError): string {
  return cut(visible(response ?? String(responseCode ?? 'no reason given')), 300)
}

/** By Node's own code where there is one, such as that of a certificate. */
function reasonOf({ code, name, originalCode }: NodemailerError): string {
  if (code === 'ETIMEDOUT' || name === 'TimeoutError' || name === 'AbortError') return 'no answer in time'
  return networkReason(Object.assign(new Error(name), { code: originalCode ?? code }))
}

function failure(why: string, permanent: boolean): Error {
  if (!permanent) return new Error(why)
  return new RunbookError('ConfigInvalid', why, {
    advice:
      'Check the server, the login and the addresses of the channel in runbook.config and the environment of the worker.',
  })
}
