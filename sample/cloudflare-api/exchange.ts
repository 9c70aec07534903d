import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { ApiFailure, databaseNotFound } from './failure.js'
import type { FaultKind, RouteName } from './faults.js'
import type { LocalDatabase } from './local-database.js'
import type { Service } from './service.js'

/** One request on its way through a route. */
export interface Exchange {
  service: Service
  url: URL
  /** The parts of the path that the route's pattern names. */
  path: Record<string, string | undefined>
  body: Buffer
  request: IncomingMessage
  /** The fault that strikes this call, for the routes that have to play it themselves. */
  fault: FaultKind | undefined
}

export interface Reply {
  status: number
  headers: Record<string, string>
  body: Buffer | string
}

export interface Route {
  name: RouteName
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  pattern: RegExp
  /** Signed addresses carry their permission in themselves. */
  signed?: true
  handle(exchange: Exchange): Reply
}

/** Cloudflare's envelope around a result. */
export function success(result: unknown, more: Record<string, unknown> = {}): Reply {
  return json(200, { result, success: true, errors: [], messages: [], ...more })
}

/** Of a job that is under way: the answer of each poll until it ended. */
export function underWay(result: unknown): Reply {
  return { ...success(result), status: 202 }
}

export function failure({ status, code, message, headers }: ApiFailure): Reply {
  const reply = json(status, { result: null, success: false, errors: [{ code, message }], messages: [] })
  return { ...reply, headers: { ...reply.headers, ...headers } }
}

export function json(status: number, content: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(content, asD1) }
}

/** One page of a list, by the `page` and `per_page` that were asked for. */
export function page(items: unknown[], url: URL): Reply {
  const perPage = Math.max(1, Number(url.searchParams.get('per_page') ?? 20))
  const number = Math.max(1, Number(url.searchParams.get('page') ?? 1))
  const shown = items.slice((number - 1) * perPage, number * perPage)
  const info = {
    page: number,
    per_page: perPage,
    total_pages: Math.ceil(items.length / perPage),
    count: shown.length,
    total_count: items.length,
  }
  return success(shown, { result_info: info })
}

export function bodyOf<T>(exchange: Exchange, schema: z.ZodType<T>): T {
  let content: unknown
  try {
    content = JSON.parse(exchange.body.toString('utf8'))
  } catch {
    throw new ApiFailure(400, 7400, 'The request body is not valid JSON')
  }
  const parsed = schema.safeParse(content)
  if (!parsed.success)
    throw new ApiFailure(400, 7400, `The request is malformed: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

export function databaseOf({ service, path }: Exchange): LocalDatabase {
  const database = service.databases.get(path['database'] ?? '')
  if (database === undefined) throw databaseNotFound(path['database'] ?? '')
  return database
}

/** D1 writes integers as JavaScript numbers (digits past 2^53 are lost) and blobs as arrays of bytes. */
function asD1(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return value instanceof Uint8Array ? [...value] : value
}
