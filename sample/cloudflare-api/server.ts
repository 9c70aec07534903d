import { defined } from '../../src/contract/defined.js'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { accountRoutes } from './account.js'
import { databaseRoutes } from './databases.js'
import { failure, type Exchange, type Reply, type Route } from './exchange.js'
import { exportRoutes } from './export.js'
import { ApiFailure } from './failure.js'
import type { FaultRule } from './faults.js'
import { graphqlRoutes } from './graphql.js'
import { importRoutes } from './import.js'
import { queryRoutes } from './query.js'
import type { CallCounter } from './rate-limit.js'
import type { Service } from './service.js'
import { timeTravelRoutes } from './time-travel.js'

const ROUTES: Route[] = [
  ...accountRoutes,
  ...databaseRoutes,
  ...queryRoutes,
  ...importRoutes,
  ...exportRoutes,
  ...timeTravelRoutes,
  ...graphqlRoutes,
]

const PREFIX = '/client/v4'

/** The HTTP side of `service`; it listens once its caller says where. */
export function createApiServer(service: Service): Server {
  return createServer((request, response) => {
    answer(service, request, response).catch((error: unknown) => {
      // A bug of this server: said aloud, as the client's report of a 500 would hide it.
      console.error(error)
      if (!response.headersSent)
        send(response, failure(new ApiFailure(500, 10_000, 'Internal error of the local API')))
      else response.destroy()
    })
  })
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', service.origin)
  const body = await readAll(request)
  const found = findRoute(request.method ?? 'GET', url.pathname)
  if (found === undefined) {
    send(response, failure(new ApiFailure(404, 7000, `No route for ${request.method ?? ''} ${url.pathname}`)))
    return
  }
  const { route, path } = found
  const sql = sqlOf(route, body)
  service.calls.push({
    route: route.name,
    method: route.method,
    at: new Date(),
    ...defined({ sql }),
  })
  const rule = service.faults.strike(
    route.name,
    sql ?? `${url.pathname}${url.search} ${body.toString('utf8')}`,
  )
  const refused = overrun(service, route) ?? permit(service, route, request, path) ?? insteadOf(rule)
  if (rule?.kind === 'reset-before') {
    request.socket.resetAndDestroy()
    return
  }
  const done = refused ?? perform(route, { service, url, path, body, request, fault: rule?.kind })
  const told = route.signed === true ? {} : countersOf(service, route).at(-1)?.headers(Date.now())
  const reply = { ...done, headers: { ...done.headers, ...told } }
  await deliver(reply, rule, request, response)
}

function perform(route: Route, exchange: Exchange): Reply {
  try {
    return route.handle(exchange)
  } catch (error) {
    if (error instanceof ApiFailure) return failure(error)
    throw error
  }
}

/** In which a call is counted; the last one is told of. */
function countersOf({ counter, graphqlCounter }: Service, { name }: Route): CallCounter[] {
  return name === 'graphql' ? [counter, graphqlCounter] : [counter]
}

/** Every call of the user counts, those that are refused too; signed addresses are another service. */
function overrun(service: Service, route: Route): Reply | undefined {
  if (route.signed === true) return undefined
  try {
    for (const counter of countersOf(service, route)) counter.count(Date.now())
    return undefined
  } catch (error) {
    if (error instanceof ApiFailure) return failure(error)
    throw error
  }
}

/** Who asks must show the token, and ask for the account that the token is for. */
function permit(
  service: Service,
  route: Route,
  request: IncomingMessage,
  path: Exchange['path'],
): Reply | undefined {
  if (route.signed === true) return undefined
  if (service.faults.tokenRevoked || request.headers.authorization !== `Bearer ${service.token}`) {
    return route.name === 'verify'
      ? failure(new ApiFailure(401, 1000, 'Invalid API Token'))
      : failure(new ApiFailure(401, 10_000, 'Authentication error'))
  }
  if (path['account'] !== undefined && path['account'] !== service.accountId) {
    return failure(
      new ApiFailure(403, 7403, 'The given account is not valid or is not authorized to access this service'),
    )
  }
  if (service.tokenPermission === 'read' && path['account'] !== undefined && route.method !== 'GET') {
    // What a token with "D1: Read" may ask by /query is published nowhere: the strictest reading is nothing.
    return failure(new ApiFailure(403, 10_000, 'Authentication error'))
  }
  return undefined
}

/** The answer of a fault that keeps the work from being done. */
function insteadOf(rule: FaultRule | undefined): Reply | undefined {
  switch (rule?.kind) {
    case '429':
      return failure(
        new ApiFailure(429, 971, 'Please wait and consider throttling your request speed', {
          'retry-after': '1',
        }),
      )
    case 'says':
      return failure(
        new ApiFailure(
          rule.says?.status ?? 500,
          rule.says?.code ?? 7500,
          rule.says?.message ?? 'Internal error',
        ),
      )
    case 'answers':
      return { status: 200, headers: { 'content-type': 'application/json' }, body: rule.body ?? '' }
    case '500':
      return failure(new ApiFailure(500, 7500, 'Internal server error'))
    case '504-before':
      return gatewayTimeout()
    case 'success-false': {
      const reply = failure(new ApiFailure(200, 7500, 'The request failed'))
      return { ...reply, status: 200 }
    }
    default:
      return undefined
  }
}

/** Sends the reply, or what a fault that strikes after the work leaves of it. */
async function deliver(
  reply: Reply,
  rule: FaultRule | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (rule?.kind) {
    case '504-after':
      send(response, gatewayTimeout())
      return
    case 'reset-after':
      request.socket.resetAndDestroy()
      return
    case 'slow':
      await delay(rule.afterMs ?? 1000)
      send(response, reply)
      return
    case 'truncated':
      send(response, { ...reply, body: half(reply) })
      return
    case 'cut':
      response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) })
      response.write(half(reply), () => request.socket.destroy())
      return
    default:
      send(response, reply)
  }
}

/** A gateway answers with a page, not with the envelope. */
function gatewayTimeout(): Reply {
  return {
    status: 504,
    headers: { 'content-type': 'text/html' },
    body: '<html><body>504 Gateway Time-out</body></html>',
  }
}

function half({ body }: Reply): Buffer {
  const bytes = Buffer.from(body)
  return bytes.subarray(0, Math.floor(bytes.length / 2))
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function findRoute(method: string, pathname: string): { route: Route; path: Exchange['path'] } | undefined {
  for (const route of ROUTES) {
    const local =
      route.signed === true
        ? pathname
        : pathname.startsWith(PREFIX)
          ? pathname.slice(PREFIX.length)
          : undefined
    const match = route.method === method && local !== undefined ? route.pattern.exec(local) : null
    if (match === null) continue
    const path = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    )
    return { route, path }
  }
  return undefined
}

function sqlOf(route: Route, body: Buffer): string | undefined {
  if (route.name !== 'query' && route.name !== 'raw') return undefined
  try {
    const { sql, batch } = JSON.parse(body.toString('utf8')) as { sql?: string; batch?: { sql: string }[] }
    return sql ?? batch?.map((query) => query.sql).join(';\n')
  } catch {
    return undefined
  }
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
