import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * PagerDuty's Events API v2 and Opsgenie's Alert API, as far as alerts go: what they do not list is refused.
 * https://developer.pagerduty.com/docs/events-api-v2-overview, https://docs.opsgenie.com/docs/alert-api
 */
export interface PagerStandIn {
  url: string
  /** As somebody on call sees them. */
  alerts: Map<string, { title: string; open: boolean; times: number; fields: Fields }>
  refuse: (...answers: { status: number; body?: object }[]) => void
  close: () => Promise<void>
}

export const ROUTING_KEY = 'e93facc04764012d7bfb002500d5d1a6'
export const GENIE_KEY = 'eb243592-faa2-4ba2-a551q-1afdf565c889'

type Fields = Record<string, unknown>
interface Answer {
  status: number
  body: object
}

export async function openPagers(): Promise<PagerStandIn> {
  const alerts: PagerStandIn['alerts'] = new Map()
  const refusals: { status: number; body?: object }[] = []
  const opened = (key: string, title: string, fields: Fields): void => {
    const before = alerts.get(key)
    const times = before?.open === true ? before.times + 1 : 1
    alerts.set(key, { title, open: true, times, fields })
  }
  const closed = (key: string): void => {
    const alert = alerts.get(key)
    if (alert !== undefined) alert.open = false
  }

  const pagerDuty = (event: Fields): Answer => {
    const { routing_key: routing, event_action: action, dedup_key: key, payload, client, ...others } = event
    const bad = (...errors: string[]): Answer => ({
      status: 400,
      body: { status: 'invalid event', message: 'Event object is invalid', errors },
    })
    if (typeof routing !== 'string' || routing.length !== 32)
      return bad("Length of 'routing_key' is incorrect (should be 32 characters)")
    if (routing !== ROUTING_KEY) return bad('Invalid routing key')
    if (Object.keys(others).length > 0) return bad(`unknown: ${Object.keys(others).join(', ')}`)
    if (typeof key !== 'string' || key.length === 0 || key.length > 255) return bad("'dedup_key' is invalid")
    if (action === 'resolve' || action === 'acknowledge') {
      if (payload !== undefined || client !== undefined) return bad(`no payload goes with ${action}`)
      if (action === 'resolve') closed(key)
    } else if (action === 'trigger') {
      const {
        summary,
        source,
        severity,
        timestamp,
        component,
        group,
        class: kind,
        custom_details,
        ...more
      } = payload as Fields
      if (typeof summary !== 'string' || summary === '' || summary.length > 1024) return bad("'summary'")
      if (typeof source !== 'string' || source === '') return bad("'source'")
      if (!['critical', 'error', 'warning', 'info'].includes(String(severity))) return bad("'severity'")
      if (Number.isNaN(Date.parse(String(timestamp)))) return bad("'timestamp'")
      if (Object.keys(more).length > 0) return bad(`unknown: ${Object.keys(more).join(', ')}`)
      opened(key, summary, { severity, source, component, group, kind, ...(custom_details as Fields) })
    } else return bad("'event_action' is invalid")
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: key } }
  }

  const opsgenie = (url: URL, body: Fields): Answer => {
    const done = { status: 202, body: { result: 'Request will be processed', took: 0.1, requestId: 'r' } }
    const bad = (message: string): Answer => ({ status: 422, body: { message, took: 0.1, requestId: 'r' } })
    const closing = /^\/v2\/alerts\/([^/]+)\/close$/.exec(url.pathname)
    if (closing !== null) {
      const { source, note, user, ...others } = body
      if (url.searchParams.get('identifierType') !== 'alias') return bad('identifierType')
      if ([source, note, user].some((one) => one !== undefined && typeof one !== 'string'))
        return bad('fields')
      if (Object.keys(others).length > 0) return bad(`unknown: ${Object.keys(others).join(', ')}`)
      closed(decodeURIComponent(closing[1] ?? ''))
      return done
    }
    if (url.pathname !== '/v2/alerts') return { status: 404, body: { message: 'Not found' } }
    const { message, alias, description, priority, source, entity, tags, details, ...others } = body
    if (typeof message !== 'string' || message === '') return bad('Message can not be empty.')
    if (message.length > 130) return bad('Message can not be longer than 130 characters.')
    if (typeof alias !== 'string' || alias.length > 512) return bad('alias')
    if (typeof description !== 'string' || description.length > 15_000) return bad('description')
    if (!/^P[1-5]$/.test(String(priority))) return bad('priority')
    if (typeof entity !== 'string' || entity.length > 512) return bad('entity')
    if (!Array.isArray(tags) || tags.length > 20 || tags.some((one) => String(one).length > 50))
      return bad('tags')
    if (Object.keys(others).length > 0) return bad(`unknown: ${Object.keys(others).join(', ')}`)
    opened(alias, message, { description, priority, source, entity, tags, ...(details as Fields) })
    return done
  }

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? '', 'http://x')
    const body = JSON.parse(await textOf(request)) as Fields
    const refusal = refusals.shift()
    if (refusal !== undefined) return { status: refusal.status, body: refusal.body ?? {} }
    if (request.method !== 'POST' || request.headers['content-type'] !== 'application/json')
      return { status: 400, body: {} }
    if (url.pathname === '/v2/enqueue') return pagerDuty(body)
    if (request.headers.authorization !== `GenieKey ${GENIE_KEY}`)
      return { status: 401, body: { message: 'Could not authenticate' } }
    return opsgenie(url, body)
  }
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(body))
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    alerts,
    refuse: (...answers) => void refusals.push(...answers),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}
