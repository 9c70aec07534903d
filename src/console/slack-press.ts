import { createHash, createHmac } from 'node:crypto'
import { z } from 'zod'
import { SLACK_ACTIONS, SLACK_USER, type SealedAsk } from '../contract/ask.js'
import type { Decision } from '../contract/decision.js'
import { defined } from '../contract/defined.js'
import { RunbookError } from '../contract/failures.js'
import { plain } from '../contract/command-line.js'
import type { Words } from '../contract/next-command.js'
import type { Person } from '../contract/policy.js'
import type { GateView, RunView } from '../contract/run.js'
import { writeLog } from '../process/log.js'
import { sameText } from '../process/same-text.js'
import { samePerson } from '../runbook/people/people.js'
import { readSealedAsk, sealAsk } from '../runbook/sealed-ask.js'
import { shownHash } from '../runbook/shown.js'
import { gateWord } from '../runbook/standing.js'
import { gateTitle } from '../runbook/steps.js'
import { plural } from '../text/plural.js'
import { visible } from '../text/visible.js'
import { slackWords } from '../text/words.js'
import type { Now } from './memory.js'
import { readableBy, type Readers } from './readers.js'
import type { ConsoleRuns } from './runs.js'

/** One channel of a Slack app whose messages ask for decisions. */
export interface SlackDesk {
  /** ID of the channel. */
  channel: string
  /** The app's signing secret. */
  secret: string
  /** Address of Slack's API, where the configuration names another one than https://slack.com/api. */
  api?: string | undefined
}

/** Slack's own rule: what is older was recorded by somebody. Milliseconds. */
export const FRESH_MS = 5 * 60_000
const ANSWER_TIMEOUT_MS = 10_000
const HOOKS: readonly string[] = ['https://hooks.slack.com', 'https://hooks.slack-gov.com']

/** As far as we read it. https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
const pressSchema = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().regex(SLACK_USER), team_id: z.string().optional() }),
  team: z.object({ id: z.string() }).nullish(),
  channel: z.object({ id: z.string() }),
  message: z.object({ ts: z.string() }),
  response_url: z.url(),
  actions: z
    .array(z.object({ action_id: z.string(), value: z.string().optional(), action_ts: z.string() }))
    .length(1),
})
type Press = z.infer<typeof pressSchema>

/** What a link or a button says, where one of these apps sealed it. */
export function opened(sealed: string, desks: readonly Pick<SlackDesk, 'secret'>[]): SealedAsk | undefined {
  const ask = readSealedAsk(sealed)
  if (ask === undefined) return undefined
  return desks.some(({ secret }) => sameText(sealAsk(ask, secret), sealed)) ? ask : undefined
}

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function isSigned(
  body: Buffer,
  { timestamp, signature }: { timestamp: string; signature: string },
  { secret, now }: { secret: string; now: number },
): boolean {
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - 1000 * Number(timestamp)) > FRESH_MS) return false
  const made = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')
  return sameText(`v0=${made}`, signature)
}

/** Undefined for whatever else is sent. */
export function pressIn(body: Buffer): Press | undefined {
  try {
    const payload = new URLSearchParams(body.toString('utf8')).getAll('payload')
    return payload.length === 1 ? pressSchema.parse(JSON.parse(payload[0] ?? '')) : undefined
  } catch {
    return undefined
  }
}

interface Answering {
  /** Of the channel in which the button was pressed; undefined: it is none of ours. */
  desk: SlackDesk | undefined
  runs: ConsoleRuns
  /** Of the configuration. */
  people: readonly Person[]
  /** Who reads which environment; undefined: everybody. */
  readers: Readers | undefined
  now: Now
  allows: (user: string) => boolean
}

/** What came of it, for who pressed the button. Never throws. */
export async function answerPress(press: Press, answering: Answering): Promise<Words> {
  try {
    return await decideBy(press, answering)
  } catch (error) {
    if (error instanceof RunbookError) return `Not counted. ${error.message} ${plain(error.adviceWords)}`
    writeLog(error)
    return 'Not known whether it counted: the console met an error; its terminal says which.'
  }
}

async function decideBy(
  press: Press,
  { desk, runs: all, people: configured, readers, now, allows }: Answering,
): Promise<Words> {
  const { user, team, message } = press
  const [{ action_id: action, value = '', action_ts: pressedAt } = { action_id: '', action_ts: '' }] =
    press.actions
  if (!allows(user.id)) return 'Not counted. Too much was pressed in a minute.'
  if (desk === undefined) return 'Not counted. This is no channel of a run.'
  const ask = opened(value, [desk])
  const decision = ask?.for
  if (
    ask === undefined ||
    (decision !== 'approve' && decision !== 'reject') ||
    action !== SLACK_ACTIONS[decision]
  )
    return 'Not counted. No run of this project made this button.'
  if (ask.team === undefined)
    return 'Not counted. An earlier version made this button, which does not say of which workspace it is: decide in the console.'
  // A user of another workspace can press it, where two share the channel.
  if (user.team_id !== ask.team || (team?.id ?? ask.team) !== ask.team)
    return 'Not counted. Slack does not say that you belong to the workspace in which this app is installed.'
  if (Date.parse(ask.until) <= now()) return 'Not counted. This button is too old: decide in the console.'
  const have = ({ slack }: Person): boolean => slack === user.id
  // The console lets them read nothing of it: a press tells of it, and decides there, as little as a page would.
  const runs = readableBy(configured.filter(have), { runs: all, readers, people: configured })
  const view = await runs.read({ workflowId: ask.workflow, runId: ask.run })
  if (!isMessageOf(view, message.ts))
    return 'Not counted. This button is in no message that the run is known to have sent.'
  if (view.requireSignatures === true)
    return 'Not counted. This run counts signed decisions alone: open the decision, and use your passkey.'
  const changed = whyChanged(view, ask)
  if (changed !== undefined) return `Not counted. ${changed}.`
  const inRun = ((await runs.peopleOf(view)) ?? []).filter(have)
  // A run may know more people than whoever started it said: it decides itself whether it knows this one.
  const people = inRun.length > 0 ? inRun : configured.filter(have)
  const [person] = people
  if (person === undefined)
    return `Not counted. Nobody among the people of this run has your Slack user, ${user.id}: it stands beside a name in people of runbook.config before a run starts.`
  if (people.some(({ name }) => !samePerson(name, person.name)))
    return 'Not counted. Two people of this run have your Slack user: it speaks for neither.'
  const { gate, planHash, shown } = ask
  const sent: Decision = {
    ...{ gate, decision, actor: person.name, shown, slackUser: user.id },
    ...defined({ planHash: planHash ?? undefined }),
    // The same press has the same one, also where this process has forgotten it.
    decisionId: `slack-${hashed([ask.run, gate, user.id, message.ts, pressedAt])}`,
  }
  await runs.decide(view, sent)
  const did = decision === 'approve' ? 'approved' : 'declined'
  const after = await runs.read({ workflowId: ask.workflow, runId: ask.run }).catch(() => undefined)
  return `It counts: you, ${person.name}, ${did} ${gateTitle(gate, view.environment)}${afterwards(after, gate)}`
}

function afterwards(view: RunView | undefined, gate: SealedAsk['gate']): string {
  const found = view?.gates.find((one) => one.gate === gate)
  if (view === undefined || found === undefined) return '.'
  const missing = found.state === 'open' ? (found.who?.missing ?? 0) : 0
  return missing > 0
    ? `. ${plural(missing, 'more approval')} needed.`
    : `. The gate: ${gateWord(found, view)}.`
}

/** Whether the run itself says that it became this message. */
function isMessageOf({ announcements }: RunView, ts: string): boolean {
  return announcements.some(({ deliveries }) => deliveries.some((one) => one.delivered && one.ts === ts))
}

/** Why the message does not ask what the run asks now; undefined where it does. */
export function whyChanged(view: RunView, ask: SealedAsk): string | undefined {
  const title = gateTitle(ask.gate, view.environment)
  if (view.outcome !== null) return `The run is over (${view.outcome})`
  const gate = view.gates.find((one) => one.gate === ask.gate)
  if (gate?.state !== 'open')
    return `${title} is not open${gate === undefined ? '' : `: ${gateWord(gate, view)}`}`
  if (view.planHash !== ask.planHash) return `${title} is about another plan by now: look at it again`
  return isAsItWas(gate, ask)
    ? undefined
    : `${title} shows something else by now than when the message was sent: look at it again`
}

function isAsItWas(gate: GateView, { openedAt, shown }: SealedAsk): boolean {
  return gate.openedAt === openedAt && shownHash(gate) === shown
}

function hashed(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** To nobody but who pressed the button. The address comes with the press, which Slack signed, and must be Slack's all the same. */
export async function tellWhoPressed(press: Press, said: Words, desk: SlackDesk | undefined): Promise<void> {
  const { origin } = new URL(press.response_url)
  const own = desk?.api !== undefined && URL.canParse(desk.api) ? new URL(desk.api).origin : undefined
  if (!HOOKS.includes(origin) && origin !== own)
    throw new Error('its answer was to go to another address than Slack')
  const answer = await fetch(press.response_url, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({
      ...{ response_type: 'ephemeral', replace_original: false },
      text: slackWords(visible(plain(said))),
    }),
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  })
  if (!answer.ok) throw new Error(`it answered with ${answer.status}`)
}
