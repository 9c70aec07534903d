import type { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { ASKED_PATH, SLACK_ACTIONS, SLACK_PATH } from '../contract/ask.js'
import { messageOf } from '../contract/failures.js'
import { html } from './html.js'
import { Limit, type Now } from './memory.js'
import type { ConsoleOptions } from './options.js'
import { pageOf, runLink } from './pages/layout.js'
import { readableBy } from './readers.js'
import { problem, type Asked, type Env } from './respond.js'
import type { ConsoleRuns } from './runs.js'
import {
  answerPress,
  FRESH_MS,
  isSigned,
  opened,
  pressIn,
  tellWhoPressed,
  whyChanged,
} from './slack-press.js'
import { writeLog } from '../process/log.js'

/** What Slack sends of a press holds the whole message. Bytes. */
const MOST_BYTES = 256 * 1024
const MOST_KEPT = 5_000
/** Presses that are answered at once, and of one user in a minute. */
const MOST_AT_ONCE = 50
const PRESSES = 30

/** Where Slack tells what was pressed, and where its links lead; both before anybody is signed in. */
export function addSlack(app: Hono<Env>, options: ConsoleOptions): void {
  const { slack = [], runs, people, readers, now = Date.now } = options
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
      void answerPress(press, { desk, runs, people, readers, now, allows: (user) => presses.allows(user) })
        .then((said) => tellWhoPressed(press, said, desk ?? signers[0]))
        .catch((error: unknown) => writeLog(`Slack was not told what came of a button: ${messageOf(error)}`))
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
    const runs = readableBy([{ name: c.get('person') }], { runs: all, readers, people })
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
