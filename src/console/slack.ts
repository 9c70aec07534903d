import type { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createHash, createHmac } from 'node:crypto'
import { z } from 'zod'
import { ASKED_PATH, SLACK_ACTIONS, SLACK_PATH, SLACK_USER, type SealedAsk } from '../contract/ask.js'
import type { Decision } from '../contract/decision.js'
import { defined } from '../contract/defined.js'
import { messageOf, RunbookError } from '../contract/failures.js'
import { plain } from '../contract/command-line.js'
import type { Words } from '../contract/next-command.js'
import type { Person } from '../contract/policy.js'
import type { GateView, RunView } from '../contract/run.js'
import { sameText } from '../process/same-text.js'
import { samePerson } from '../runbook/people/people.js'
import { readSealedAsk, sealAsk } from '../runbook/sealed-ask.js'
import { shownHash } from '../runbook/shown.js'
import { gateWord } from '../runbook/standing.js'
import { gateTitle } from '../runbook/steps.js'
import { plural } from '../text/plural.js'
import { visible } from '../text/visible.js'
import { slackWords } from '../text/words.js'
import { html } from './html.js'
import { Limit, type Now } from './memory.js'
import type { ConsoleOptions } from './options.js'
import { pageOf, runLink } from './pages/layout.js'
import { mayReadOf, readable } from './readers.js'
import { problem, type Asked, type Env } from './respond.js'
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

/** What Slack sends of a press holds the whole message. Bytes. */
const MOST_BYTES = 256 * 1024
/** Slack's own rule: what is older was recorded by somebody. Milliseconds. */
const FRESH_MS = 5 * 60_000
const MOST_KEPT = 5_000
/** Presses that are answered at once, and of one user in a minute. */
const MOST_AT_ONCE = 50
const PRESSES = 30
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

/** Where Slack tells what was pressed, and where its links lead; both before anybody is signed in. */
export function addSlack(app: Hono<Env>, options: ConsoleOptions): void {
  const { slack = [], runs, people, now = Date.now } = options
  if (slack.length === 0 || runs === undefined) return
  const seen = new Seen(now)
  const presses = new Limit(PRESSES, now)
  let underWay = 0

  app.post(
    SLACK_PATH,
    bodyLimit({ maxSize: MOST_BYTES, onError: (c) => c.text('That is too long.', 413) }),
    async (c) => {
      const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
      if (type !== 'application/x-www-form-urlencoded') return c.text('Slack sends a form.', 415)
      const body = Buffer.from(await c.req.arrayBuffer())
      const signed = {
        timestamp: c.req.header('x-slack-request-timestamp') ?? '',
        signature: c.req.header('x-slack-signature') ?? '',
      }
      const signers = slack.filter(({ secret }) => isSigned(body, signed, { secret, now: now() }))
      if (signers.length === 0) return c.text('Slack did not sign this, or too long ago.', 401)
      if (!seen.isNew(signed.signature)) return c.text('This was sent before.', 401)
      const press = pressIn(body)
      if (press === undefined) return c.text('This is no press of a button in a message.', 400)
      const desk = signers.find(({ channel }) => channel === press.channel.id)
      const [action] = press.actions
      // Slack tells of a link, too: whoever followed it is led by their browser.
      if (action?.action_id === SLACK_ACTIONS.link) return c.body(null, 200)
      if (underWay >= MOST_AT_ONCE) return c.text('Too much at once.', 503)
      underWay += 1
      // Slack waits for three seconds, and a run may take longer: what came of it is told afterwards.
      void answerPress(press, { desk, runs, people, now, allows: (user) => presses.allows(user) })
        .then((said) => tell(press, said, desk ?? signers[0]))
        .catch((error: unknown) =>
          console.error(`Slack was not told what came of a button: ${messageOf(error)}`),
        )
        .finally(() => (underWay -= 1))
      return c.body(null, 200)
    },
  )

  app.get(ASKED_PATH, (c, next) => {
    const by = c.req.query('by') ?? ''
    const ask = opened(by, slack)
    if (ask?.for !== 'link') return problem(c, 404, 'Not here', 'No run of this project made this link.')
    if (Date.parse(ask.until) <= now()) return tooOld(c)
    // A cookie that no other site may send comes along once the browser was here: from here on it asks by itself.
    return c.req.header('sec-fetch-site') === 'cross-site' ? c.html(onwards(by)) : next()
  })
}

/** Where such a link leads whoever is signed in: to the decision, as long as it is the one that the message asked for. */
export function addAsked(
  app: Hono<Env>,
  { slack = [], readers, people }: ConsoleOptions,
  all: ConsoleRuns,
): void {
  if (slack.length === 0) return
  app.get(ASKED_PATH, async (c) => {
    const ask = opened(c.req.query('by') ?? '', slack)
    if (ask?.for !== 'link') return problem(c, 404, 'Not here', 'No run of this project made this link.')
    const run = { workflowId: ask.workflow, runId: ask.run }
    const runs = readers === undefined ? all : readable(all, mayReadOf(c.get('person'), { readers, people }))
    const view = await runs.read(run)
    const changed = whyChanged(view, ask)
    if (changed !== undefined) return problem(c, 409, 'Not asked any more', `${changed}.`)
    return c.redirect(runLink('/decide', run, { gate: ask.gate }), 303)
  })
}

function tooOld(c: Asked): Response {
  return problem(
    c,
    410,
    'This link is too old',
    'The newest message of the run has another one; so has the inbox.',
  )
}

function onwards(by: string): string {
  const to = `${ASKED_PATH}?${new URLSearchParams({ by }).toString()}`
  return pageOf(
    { title: 'To the decision' },
    html`<meta http-equiv="refresh" content="0; url=${to}" />
      <p><a href="${to}">To the decision</a></p>`,
  )
}

/** What a link or a button says, where one of these apps sealed it. */
function opened(sealed: string, desks: readonly Pick<SlackDesk, 'secret'>[]): SealedAsk | undefined {
  const ask = readSealedAsk(sealed)
  if (ask === undefined) return undefined
  return desks.some(({ secret }) => sameText(sealAsk(ask, secret), sealed)) ? ask : undefined
}

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
function isSigned(
  body: Buffer,
  { timestamp, signature }: { timestamp: string; signature: string },
  { secret, now }: { secret: string; now: number },
): boolean {
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - 1000 * Number(timestamp)) > FRESH_MS) return false
  const made = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')
  return sameText(`v0=${made}`, signature)
}

function pressIn(body: Buffer): Press | undefined {
  try {
    const payload = new URLSearchParams(body.toString('utf8')).getAll('payload')
    return payload.length === 1 ? pressSchema.parse(JSON.parse(payload[0] ?? '')) : undefined
  } catch {
    return undefined
  }
}

/** Signatures that were taken, as long as they could be sent again; one that comes when more are kept than that is none of a person. */
class Seen {
  private readonly at = new Map<string, number>()
  private readonly now: Now

  constructor(now: Now) {
    this.now = now
  }

  isNew(signature: string): boolean {
    for (const [old, at] of this.at) if (this.now() - at > 2 * FRESH_MS) this.at.delete(old)
    if (this.at.has(signature) || this.at.size >= MOST_KEPT) return false
    this.at.set(signature, this.now())
    return true
  }
}

interface Answering {
  /** Of the channel in which the button was pressed; undefined: it is none of ours. */
  desk: SlackDesk | undefined
  runs: ConsoleRuns
  /** Of the configuration. */
  people: readonly Person[]
  now: Now
  allows: (user: string) => boolean
}

/** What came of it, for who pressed the button. Never throws. */
async function answerPress(press: Press, answering: Answering): Promise<Words> {
  try {
    return await decideBy(press, answering)
  } catch (error) {
    if (error instanceof RunbookError) return `Not counted. ${error.message} ${plain(error.adviceWords)}`
    console.error(error)
    return 'Not known whether it counted: the console met an error; its terminal says which.'
  }
}

async function decideBy(
  press: Press,
  { desk, runs, people: configured, now, allows }: Answering,
): Promise<Words> {
  const { user, team, message } = press
  const [{ action_id: action, value = '', action_ts: pressedAt } = { action_id: '', action_ts: '' }] =
    press.actions
  if (!allows(user.id)) return 'Not counted. Too much was pressed in a minute.'
  if (desk === undefined) return 'Not counted. This is no channel of a run.'
  if (user.team_id !== undefined && typeof team?.id === 'string' && user.team_id !== team.id)
    return 'Not counted. You belong to another workspace than this channel.'
  const ask = opened(value, [desk])
  const decision = ask?.for
  if (
    ask === undefined ||
    (decision !== 'approve' && decision !== 'reject') ||
    action !== SLACK_ACTIONS[decision]
  )
    return 'Not counted. No run of this project made this button.'
  if (Date.parse(ask.until) <= now()) return 'Not counted. This button is too old: decide in the console.'
  const view = await runs.read({ workflowId: ask.workflow, runId: ask.run })
  if (!isMessageOf(view, message.ts))
    return 'Not counted. This button is in no message that the run is known to have sent.'
  if (view.requireSignatures === true)
    return 'Not counted. This run counts signed decisions alone: open the decision, and use your passkey.'
  const changed = whyChanged(view, ask)
  if (changed !== undefined) return `Not counted. ${changed}.`
  const have = ({ slack }: Person): boolean => slack === user.id
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
function whyChanged(view: RunView, ask: SealedAsk): string | undefined {
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
async function tell(press: Press, said: Words, desk: SlackDesk | undefined): Promise<void> {
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
