import { setTimeout as sleep } from 'node:timers/promises'
import type { AnnouncementPlace, Channel } from '../contract/announcement.js'
import { ASKED_PATH, SLACK_TEAM, type Ask, type SealedAsk } from '../contract/ask.js'
import { demandVariable, readVariable, type NamedVariables } from '../contract/variables.js'
import type { Words } from '../contract/next-command.js'
import { askedFor, sealAsk } from '../runbook/sealed-ask.js'
import { gateTitle } from '../runbook/steps.js'
import { slackMessage, type SlackButtons, type SlackMessage } from '../text/slack.js'

type SlackApp = Extract<Channel, { kind: 'slack-app' }>

/** The run that a message is of, as Temporal names it. */
export interface AskingRun {
  workflowId: string
  runId: string
  environment: string
}

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
  said: {
    text: Words
    forAll: boolean
    place: AnnouncementPlace | undefined
    /** Of a message that asks for a decision: what, and the run that asks. */
    asks?: Ask | undefined
    run: AskingRun
  },
): Promise<string> {
  const { text, place } = said
  const call = (method: string, body: object): Promise<Answer> =>
    ask(here, channel, method, { channel: channel.channel, ...body })
  const decides = [said.asks, place?.headAsks].some((one) => one?.buttons === true)
  const team = decides && secretOf(here, channel) !== undefined ? await ownTeam(here, channel) : undefined
  const message = (words: Words, asks: Ask | undefined): SlackMessage =>
    slackMessage(
      words,
      asks === undefined
        ? {}
        : { buttons: buttonsFor(here, channel, asks, { ...said.run, team }), mentions: asks.mentions },
    )
  const change = (ts: string, to: Words, asks?: Ask): Promise<Answer> =>
    call('chat.update', { ts, ...changed(message(to, asks)) })
  const anew = async (): Promise<string> => posted(await call('chat.postMessage', message(text, said.asks)))
  if (place === undefined) return anew()
  const ts = await within(place)
  if (ts === undefined) return anew()
  // The message is there: a second try for its head would send it twice, and the next message changes the head again.
  if (place.head !== undefined) await change(place.thread, place.head, place.headAsks).catch(() => undefined)
  return ts

  /** Undefined where the thread is gone. */
  async function within({ thread, replaces }: AnnouncementPlace): Promise<string | undefined> {
    if (replaces !== undefined) {
      const answer = await change(replaces, text, said.asks)
      if (answer.ok) return replaces
      if (!NOT_REPLACED.has(answer.error)) throw refused(answer)
    }
    const reply = { thread_ts: thread, reply_broadcast: said.forAll }
    const answer = await call('chat.postMessage', { ...message(text, said.asks), ...reply })
    if (answer.ok) return answer.ts
    if (!NO_THREAD.has(answer.error)) throw refused(answer)
    return undefined
  }
}

/** Takes the buttons from messages that asked, and says in their place what became of it. Those that are gone, or too old to change, stay as they are. */
export async function closeInSlack(
  here: NamedVariables,
  channel: SlackApp,
  { text, asked }: { text: Words; asked: readonly string[] },
): Promise<void> {
  for (const ts of asked) {
    const body = { channel: channel.channel, ts, ...changed(slackMessage(text)) }
    const answer = await ask(here, channel, 'chat.update', body)
    if (!answer.ok && !NOT_REPLACED.has(answer.error)) throw refused(answer)
  }
}

/** All that may be changed of a message. */
function changed({ text, blocks }: SlackMessage): Pick<SlackMessage, 'text' | 'blocks'> {
  return { text, blocks }
}

function secretOf(here: NamedVariables, { decisions }: SlackApp): string | undefined {
  return decisions === undefined ? undefined : readVariable(decisions.signingSecretEnv, here)
}

/**
 * The workspace in which the app is installed; undefined of one that is installed in a whole organization, whose presses come from many. Throws what
 * Slack refuses. https://docs.slack.dev/reference/methods/auth.test
 */
async function ownTeam(here: NamedVariables, channel: SlackApp): Promise<string | undefined> {
  const answer = await ask(here, channel, 'auth.test', {})
  if (!answer.ok) throw refused(answer)
  return answer.team
}

/**
 * Undefined where the channel has none, or this worker not the secret that they are sealed with: the message itself matters more. Those that decide are
 * of one workspace.
 */
function buttonsFor(
  here: NamedVariables,
  channel: SlackApp,
  asks: Ask,
  run: AskingRun & { team: string | undefined },
): SlackButtons | undefined {
  const { decisions } = channel
  const secret = secretOf(here, channel)
  if (decisions === undefined || secret === undefined) return undefined
  const sealed = (what: SealedAsk['for']): string =>
    sealAsk(askedFor(what, asks, { run, at: Date.now() }), secret)
  const plan = asks.planHash === null ? 'No plan is there yet.' : `Plan ${asks.planHash.slice(0, 12)}.`
  const decide = {
    ...{ approve: sealed('approve'), reject: sealed('reject') },
    about: `${gateTitle(asks.gate, run.environment)} ${plan}`,
  }
  return {
    link: `${decisions.console}${ASKED_PATH}?${new URLSearchParams({ by: sealed('link') }).toString()}`,
    decide: asks.buttons && run.team !== undefined ? decide : undefined,
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

type Answer =
  | { ok: true; ts: string; team: string | undefined }
  | { ok: false; error: string; needed?: string }

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
  const { ok, ts, error, needed, team_id: id, is_enterprise_install: everywhere } = fields
  const team = typeof id === 'string' && SLACK_TEAM.test(id) && everywhere !== true ? id : undefined
  if (ok === true) return { ok, ts: typeof ts === 'string' ? ts : '', team }
  const why = typeof error === 'string' ? error : 'an answer that is none'
  return { ok: false, error: why, ...(typeof needed === 'string' ? { needed } : {}) }
}

function refused({ error, needed }: Extract<Answer, { ok: false }>): Error {
  return new Error(`Slack refused: ${error}${needed === undefined ? '' : `, it needs the scope ${needed}`}`)
}
