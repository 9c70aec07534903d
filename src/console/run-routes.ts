import type { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { randomUUID } from 'node:crypto'
import { RunbookError } from '../contract/failures.js'
import { isGate } from '../contract/names.js'
import type { Person } from '../contract/policy.js'
import type { RunView } from '../contract/run.js'
import { renderHtml, standingOf } from '../runbook/report/html.js'
import { readDecision } from '../runbook/signal-body.js'
import { gateTitle } from '../runbook/steps.js'
import type { ConsoleOptions } from './options.js'
import { html } from './html.js'
import { decidePage } from './pages/decide.js'
import { runLink } from './pages/layout.js'
import { inboxPage, runsPage } from './pages/runs.js'
import { liveRun, planPage, runPage } from './pages/run.js'
import { passkeysOf } from './people.js'
import { readableBy } from './readers.js'
import { assertionOf, fieldsOf, page, problem, type Asked, type Env } from './respond.js'
import type { ConsoleRuns, RunName } from './runs.js'

/** Streams that may be open at once. */
const MOST_WATCHERS = 200
/** And of one person, in however many sessions: a browser keeps six to one server. */
const MOST_OF_PERSON = 20
/** How often a live page asks whether its session goes on, where nothing happens. Milliseconds. */
const SESSION_LOOK_MS = 10_000
const MOST_RUNS = 500

/** The report is one page with its style inside, and no script. */
const REPORT_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"

/** What those who are signed in read, and where they decide. */
export function addRuns(
  app: Hono<Env>,
  { origin, people, timeZone, readers }: ConsoleOptions,
  all: ConsoleRuns,
): void {
  const rpId = new URL(origin).hostname
  let watchers = 0
  const watching = new Map<string, number>()

  // Whatever a page asks of runs, it asks as whoever looks at it.
  const runsFor = (c: Asked): ConsoleRuns =>
    readableBy([{ name: c.get('person') }], { runs: all, readers, people })
  const seen = async (c: Asked): Promise<RunView> => runsFor(c).read(runIn(c))
  app.get('/', async (c) => {
    const person = c.get('person')
    const inbox = await runsFor(c).inbox({ actor: person })
    const signsHere = (known: readonly Person[]): boolean => passkeysOf(known, { origin, person }).length > 0
    return page(c, { title: 'Inbox', here: 'inbox' }, inboxPage(inbox, { timeZone, signsHere }))
  })
  app.get('/runs', async (c) => {
    const asked = (name: string): string => c.req.query(name) ?? ''
    const filter = {
      environment: asked('environment'),
      phase: asked('phase'),
      outcome: asked('outcome'),
      database: asked('database'),
    }
    return page(
      c,
      { title: 'Runs', here: 'runs' },
      runsPage(await runsFor(c).list({ limit: MOST_RUNS }), filter, timeZone),
    )
  })
  app.get('/run', async (c) => {
    const input = await runsFor(c).known(runIn(c))
    return page(c, { title: standingOf(input).title }, runPage(input))
  })
  app.get('/plan', async (c) => {
    const { view, plan } = await runsFor(c).known(runIn(c))
    return page(
      c,
      { title: `Plan of ${view.database.name} in ${view.environment}` },
      html`<p><a href="${runLink('/run', view)}">The run</a></p>
        ${planPage(view, plan)}`,
    )
  })
  app.get('/report', async (c) => {
    const report = renderHtml(await runsFor(c).known(runIn(c)))
    return c.html(report, 200, { 'Content-Security-Policy': REPORT_POLICY })
  })
  app.get('/events', async (c) => {
    const session = c.get('session')
    const person = c.get('person')
    const own = (): number => watching.get(person) ?? 0
    if (watchers >= MOST_WATCHERS || own() >= MOST_OF_PERSON) return c.text('Too many watch already.', 503)
    watchers += 1
    watching.set(person, own() + 1)
    const left = (): void => {
      watchers -= 1
      watching.set(person, own() - 1)
    }
    const runs = runsFor(c)
    const input = await runs.known(runIn(c)).catch((error: unknown) => {
      left()
      throw error
    })
    const run = { workflowId: input.view.workflowId, runId: input.view.runId }
    return streamSSE(c, async (stream) => {
      const isSignedIn = c.get('isSignedIn')
      const gone = new AbortController()
      const leave = (): void => gone.abort()
      stream.onAbort(leave)
      session.over.addEventListener('abort', leave)
      if (session.over.aborted) leave()
      // Looking aborts `over` of a session that has ended.
      const looks = setInterval(isSignedIn, SESSION_LOOK_MS)
      let known = input
      const onSilence = (said = ''): void => {
        if (isSignedIn()) void stream.writeSSE({ event: 'silence', data: said }).catch(() => undefined)
      }
      try {
        for await (const view of runs.follow(run, { signal: gone.signal, onSilence })) {
          // The plan and the baseline come on the way.
          known =
            view.planHash === known.view.planHash && view.phase === known.view.phase
              ? { ...known, view }
              : await runs.known(run, view)
          if (!isSignedIn()) return
          const shown = { ...known, asOf: new Date().toISOString() }
          const data = JSON.stringify({ html: liveRun(shown).markup, word: standingOf(shown).word })
          await stream.writeSSE({ event: 'run', data })
        }
        if (!gone.signal.aborted) await stream.writeSSE({ event: 'over', data: '{}' })
      } finally {
        clearInterval(looks)
        session.over.removeEventListener('abort', leave)
        left()
      }
    })
  })

  const deciding = async (c: Asked, said?: string) => {
    const runs = runsFor(c)
    // One does not wait for the other.
    const [view, kept] = await Promise.all([runs.read(runIn(c)), runs.peopleOf(runIn(c))])
    const asked = c.req.query('gate') ?? ''
    const gate = view.gates.find((one) => one.gate === asked)
    if (gate === undefined || !isGate(asked)) return problem(c, 404, 'Not here', 'There is no such gate.')
    const person = c.get('person')
    // Keys that were merged since the run's start count for nothing there.
    const known = kept ?? people
    const passkeys = passkeysOf(known, { origin, person })
    const content = decidePage({
      view,
      gate,
      person,
      passkeys,
      rpId,
      decisionId: randomUUID(),
      timeZone,
      problem: said,
    })
    return page(c, { title: gateTitle(asked, view.environment) }, content, said === undefined ? 200 : 409)
  }
  app.get('/decide', (c) => deciding(c))
  app.post('/decide', async (c) => {
    const sent = await fieldsOf(c)
    const view = await seen(c)
    const optional = (name: string): object => (sent(name) === '' ? {} : { [name]: sent(name) })
    const read = readDecision({
      gate: c.req.query('gate'),
      decision: sent('decision'),
      // Never what was sent: the session says who it is, and the signature holds for that name alone.
      actor: c.get('person'),
      assertion: assertionOf(sent),
      ...optional('planHash'),
      ...optional('shown'),
      ...optional('decisionId'),
      ...optional('comment'),
      ...(sent('decision') === 'approve' ? optional('strategy') : {}),
    })
    if (!read.ok) return deciding(c, `That is no decision: ${read.reason}.`)
    try {
      await runsFor(c).decide(view, read.body)
    } catch (error) {
      if (error instanceof RunbookError && error.type === 'DecisionRefused') return deciding(c, error.message)
      throw error
    }
    return c.redirect(runLink('/run', view), 303)
  })
}

function runIn(c: Asked): RunName {
  return { workflowId: c.req.query('workflow') ?? '', runId: c.req.query('run') ?? '' }
}
