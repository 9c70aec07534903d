import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { messageOf } from '../contract/failures.js'
import { isAskedAs, NOT_ASKED_AS } from '../process/asked-host.js'
import { listen, type Listening } from '../process/listen.js'
import type { ListenAt } from './settings.js'

/** How long one look may take: who asks for health gives up after some seconds. Milliseconds. */
const LOOK_MS = 4_000

/** Why it is not so; undefined: it is. */
type Look = (signal: AbortSignal) => Promise<string | undefined>

export interface Looks {
  /** Whether the process does its work at all: what says no is to be started anew. */
  health: Look
  /** Whether it carries runs now, as the server sees it. */
  ready: Look
  /** In the text of Prometheus. */
  metrics: (signal: AbortSignal) => Promise<string>
}

/** `/healthz`, `/readyz`, `/metrics`. Each asks when it is asked: nothing is remembered. Throws `ConfigInvalid` where it cannot listen. */
export async function serveLooks(at: ListenAt, looks: Looks): Promise<Listening> {
  const server = createServer((request, response) => {
    answerTo(request, at, looks).then(
      (answer) => send(response, answer),
      (error: unknown) => send(response, { status: 503, text: messageOf(error) }),
    )
  })
  server.maxConnections = 50
  return listen(server, at)
}

interface Answer {
  status: number
  text: string
}

async function answerTo(
  { headers, method, url = '' }: IncomingMessage,
  at: ListenAt,
  looks: Looks,
): Promise<Answer> {
  if (!isAskedAs(at, headers.host)) return { status: 403, text: NOT_ASKED_AS }
  // Only pages of a browser have one, and none has business here.
  if (headers.origin !== undefined) return { status: 403, text: 'No page of a browser may ask here.' }
  return method === 'GET' ? answer(url, looks) : { status: 405, text: 'GET only' }
}

async function answer(url: string, looks: Looks): Promise<Answer> {
  const signal = AbortSignal.timeout(LOOK_MS)
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      return asAnswer(await looks.health(signal))
    case '/readyz':
      return asAnswer(await looks.ready(signal))
    case '/metrics':
      return { status: 200, text: await looks.metrics(signal) }
    default:
      return { status: 404, text: '/healthz, /readyz or /metrics' }
  }
}

function asAnswer(trouble: string | undefined): Answer {
  return trouble === undefined ? { status: 200, text: 'ok' } : { status: 503, text: trouble }
}

function send(response: ServerResponse, { status, text }: Answer): void {
  response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
  response.end(text.endsWith('\n') ? text : `${text}\n`)
}
