import { setTimeout as sleep } from 'node:timers/promises'
import type { AnnouncementPlace, Channel } from '../contract/announcement.js'
import { demandVariable, type NamedVariables } from '../contract/variables.js'
import type { Words } from '../contract/next-command.js'
import { slackMessage } from '../text/slack.js'

type SlackApp = Extract<Channel, { kind: 'slack-app' }>

const API = 'https://slack.com/api'
const ANSWER_TIMEOUT_MS = 10_000

/** Slack says how long to wait; longer than this, the next try of the activity waits instead. Milliseconds. */
const LONGEST_PAUSE_MS = 15_000

/** The message that was to be replaced cannot be any more: it is gone, too old to be edited, or another app's. */
const NOT_REPLACED = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'msg_too_long',
])

/** The message that begins the thread is gone. */
const NO_THREAD = new Set([
  'thread_not_found',
  'message_not_found',
  'invalid_thread_ts',
  'cannot_reply_to_message',
])

/**
 * Posts a message into the thread of its run, or replaces the one that it is newer news than; a reply `forAll` is shown in the
 * channel too. The head of the thread says what is newest. Returns Slack's `ts` of the message. https://docs.slack.dev/reference/methods/chat.postMessage and `chat.update`
 */
export async function tellSlackApp(
  here: NamedVariables,
  channel: SlackApp,
  said: { text: Words; forAll: boolean; place: AnnouncementPlace | undefined },
): Promise<string> {
  const { text, place } = said
  const call = (method: string, body: object): Promise<Answer> =>
    ask(here, channel, method, { channel: channel.channel, ...body })
  const change = (ts: string, to: Words): Promise<Answer> => {
    const { mrkdwn: _mrkdwn, unfurl_links: _links, unfurl_media: _media, ...changed } = slackMessage(to)
    return call('chat.update', { ts, ...changed })
  }
  if (place === undefined) return posted(await call('chat.postMessage', slackMessage(text)))
  const ts = await within(place)
  if (ts === undefined) return posted(await call('chat.postMessage', slackMessage(text)))
  // The message is there: a second try for its head would send it twice, and the next message changes the head again.
  if (place.head !== undefined) await change(place.thread, place.head).catch(() => undefined)
  return ts

  /** Undefined where the thread is gone. */
  async function within({ thread, replaces }: AnnouncementPlace): Promise<string | undefined> {
    if (replaces !== undefined) {
      const answer = await change(replaces, text)
      if (answer.ok) return replaces
      if (!NOT_REPLACED.has(answer.error)) throw refused(answer)
    }
    const reply = { thread_ts: thread, reply_broadcast: said.forAll }
    const answer = await call('chat.postMessage', { ...slackMessage(text), ...reply })
    if (answer.ok) return answer.ts
    if (!NO_THREAD.has(answer.error)) throw refused(answer)
    return undefined
  }
}

function posted(answer: Answer): string {
  if (answer.ok) return answer.ts
  throw refused(answer)
}

/** Why it would not take a message, as far as its token tells; undefined where it answers. Sends nothing to anybody. */
export async function whySlackIsSilent(here: NamedVariables, channel: SlackApp): Promise<string | undefined> {
  const answer = await ask(here, channel, 'auth.test', {})
  return answer.ok ? undefined : refused(answer).message
}

type Answer = { ok: true; ts: string } | { ok: false; error: string; needed?: string }

/** One call; Slack answers refusals with 200 and `ok: false`, and only its limit of calls by a status. */
async function ask(here: NamedVariables, channel: SlackApp, method: string, body: object): Promise<Answer> {
  const token = demandVariable(channel.tokenEnv, here)
  const api = channel.apiUrlEnv === undefined ? API : demandVariable(channel.apiUrlEnv, here)
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(`${api.replace(/\/+$/, '')}/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
    const pauseMs = 1000 * Number(answer.headers.get('retry-after') ?? Number.NaN)
    if (answer.status === 429 && tries === 1 && pauseMs <= LONGEST_PAUSE_MS) {
      await sleep(pauseMs)
      continue
    }
    if (!answer.ok) throw new Error(`answered with ${answer.status}`)
    return readAnswer(await answer.json())
  }
}

function readAnswer(value: unknown): Answer {
  const fields: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {}
  const { ok, ts, error, needed } = fields
  if (ok === true) return { ok, ts: typeof ts === 'string' ? ts : '' }
  const why = typeof error === 'string' ? error : 'an answer that is none'
  return { ok: false, error: why, ...(typeof needed === 'string' ? { needed } : {}) }
}

function refused({ error, needed }: Extract<Answer, { ok: false }>): Error {
  return new Error(`Slack refused: ${error}${needed === undefined ? '' : `, it needs the scope ${needed}`}`)
}
