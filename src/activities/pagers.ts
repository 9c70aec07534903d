import type { Channel } from '../contract/announcement.js'
import { plain } from '../contract/command-line.js'
import { RunbookError } from '../contract/failures.js'
import type { Gate } from '../contract/names.js'
import { linesOf, type Words } from '../contract/next-command.js'
import { demandVariable, type NamedVariables } from '../contract/variables.js'
import { cut } from '../text/cut.js'
import { visible, visibleLines } from '../text/visible.js'

type PagerDuty = Extract<Channel, { kind: 'pagerduty' }>
type Opsgenie = Extract<Channel, { kind: 'opsgenie' }>

const ANSWER_TIMEOUT_MS = 10_000

const HOSTS = {
  pagerduty: { us: 'https://events.pagerduty.com', eu: 'https://events.eu.pagerduty.com' },
  opsgenie: { us: 'https://api.opsgenie.com', eu: 'https://api.eu.opsgenie.com' },
} as const

/** Longest texts that are taken. https://docs.opsgenie.com/docs/alert-api, https://developer.pagerduty.com/docs/send-alert-event */
const SUMMARY_LENGTH = 1_024
const MESSAGE_LENGTH = 130
const DESCRIPTION_LENGTH = 15_000

/** What is told to whoever wakes people: that a gate of a run asks, or that it does not any more. */
export interface Page {
  text: Words
  /** ISO 8601. */
  at: string
  gate: Gate
  /** Nobody is asked any more. */
  closes: boolean
  run: { runId: string; workflowId: string }
  database: { name: string; environment: string }
}

/** Where its API is; throws as {@link demandVariable} does. */
export function pagerApi(channel: PagerDuty | Opsgenie, here: NamedVariables): string {
  const { kind, region, apiUrlEnv } = channel
  return apiUrlEnv === undefined ? HOSTS[kind][region] : demandVariable(apiUrlEnv, here).replace(/\/+$/, '')
}

/** The same gate of the same run has the same one, however often it asks: it opens one alert, and closes that one. */
function alertOf({ run, gate }: Page): string {
  return `d1-runbook/${run.runId}/${gate}`
}

/** Events API v2: the alert of a gate is triggered, triggered again by each reminder (which opens no second one), and resolved. */
export async function tellPagerDuty(here: NamedVariables, channel: PagerDuty, page: Page): Promise<void> {
  const [title = ''] = linesOf(page.text)
  const { environment, name } = page.database
  const event = {
    routing_key: demandVariable(channel.routingKeyEnv, here),
    dedup_key: alertOf(page),
    ...(page.closes
      ? { event_action: 'resolve' }
      : {
          event_action: 'trigger',
          client: 'd1-runbook',
          payload: {
            summary: cut(`${visible(plain(title))} (${environment}, ${name})`, SUMMARY_LENGTH),
            ...{ source: `${environment}/${name}`, severity: channel.severity, timestamp: page.at },
            ...{ component: name, group: environment, class: page.gate },
            custom_details: {
              message: visibleLines(plain(page.text)),
              workflow: page.run.workflowId,
              run: page.run.runId,
            },
          },
        }),
  }
  await post('PagerDuty', `${pagerApi(channel, here)}/v2/enqueue`, {}, event)
}

/** Alert API: created under an alias, by which a repetition is counted and no second alert, and by which it is closed. */
export async function tellOpsgenie(here: NamedVariables, channel: Opsgenie, page: Page): Promise<void> {
  const [title = ''] = linesOf(page.text)
  const { environment, name } = page.database
  const alias = alertOf(page)
  const authorization = `GenieKey ${demandVariable(channel.apiKeyEnv, here)}`
  const alerts = `${pagerApi(channel, here)}/v2/alerts`
  const said = visibleLines(plain(page.text))
  if (page.closes) {
    const close = `${alerts}/${encodeURIComponent(alias)}/close?identifierType=alias`
    return post(
      'Opsgenie',
      close,
      { authorization },
      { source: 'd1-runbook', note: cut(said, DESCRIPTION_LENGTH) },
    )
  }
  return post(
    'Opsgenie',
    alerts,
    { authorization },
    {
      message: cut(`${visible(plain(title))} (${environment})`, MESSAGE_LENGTH),
      ...{ alias, description: cut(said, DESCRIPTION_LENGTH), priority: channel.priority },
      ...{ source: 'd1-runbook', entity: cut(name, 512), tags: ['d1-runbook', cut(environment, 50)] },
      details: { workflow: page.run.workflowId, run: page.run.runId, gate: page.gate },
    },
  )
}

/** Both take what is well formed with 202, and work on it afterwards: whether somebody was woken is theirs to say. */
async function post(who: string, url: string, headers: Record<string, string>, body: object): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  })
  if (answer.ok) return
  const why = `${who} refused: ${answer.status}${await reasonIn(answer)}`
  if (answer.status === 429 || answer.status >= 500) throw new Error(why)
  // The same event would be refused again.
  throw new RunbookError('ConfigInvalid', why, {
    advice: `Check the key and the region of the channel in runbook.config and the environment of the worker.`,
  })
}

async function reasonIn(answer: Response): Promise<string> {
  const body: unknown = await answer.json().catch(() => undefined)
  const { message, errors }: { message?: unknown; errors?: unknown } =
    typeof body === 'object' && body !== null ? body : {}
  const listed: unknown[] = Array.isArray(errors) ? errors : []
  const said = [message, ...listed].filter((one) => typeof one === 'string')
  return said.length === 0 ? '' : `, ${cut(said.map((one) => visible(one)).join('; '), 300)}`
}
