import { createHash } from 'node:crypto'
import { z } from 'zod'
import { defined } from '../../contract/defined.js'
import { messageOf, RunbookError } from '../../contract/failures.js'
import type { QueryTraffic, TrafficReading, TrafficWindow } from '../../contract/queries.js'
import type { Target } from '../../contract/target.js'
import { resolveAccount } from './account.js'
import { apiClient, askApi, askRaw } from './api.js'
import { apiPath, type ApiClient } from './send.js'

const DAY_MS = 86_400_000
/** What a week of traffic asks is what the application asks; texts of older versions fall out of it. Milliseconds. */
export const TRAFFIC_WINDOW_MS = 7 * DAY_MS
/** Texts by each order. */
const TEXTS = 50
/** Texts of the last day. */
const RECENT_TEXTS = 1000
/** Longer ones are left out; D1 takes 100,000 bytes. Characters. */
const LONGEST_TEXT = 20_000
const TIMEOUT_MS = 20_000

/**
 * The dimension `query` as `wrangler d1 insights` asks for it, in three orders and in one question, beside the number of all
 * calls, and the texts of the last day. https://developers.cloudflare.com/d1/observability/metrics-analytics/
 */
const QUERY = `query RunbookQueries(
  $account: string!
  $window: AccountD1QueriesAdaptiveGroupsFilter_InputObject
  $lastDay: AccountD1QueriesAdaptiveGroupsFilter_InputObject
) {
  viewer {
    accounts(filter: { accountTag: $account }) {
      all: d1QueriesAdaptiveGroups(limit: 1, filter: $window) { count }
      byReads: d1QueriesAdaptiveGroups(limit: ${TEXTS}, filter: $window, orderBy: [sum_rowsRead_DESC]) { ...FIGURES }
      byCalls: d1QueriesAdaptiveGroups(limit: ${TEXTS}, filter: $window, orderBy: [count_DESC]) { ...FIGURES }
      byWrites: d1QueriesAdaptiveGroups(limit: ${TEXTS}, filter: $window, orderBy: [sum_rowsWritten_DESC]) { ...FIGURES }
      recent: d1QueriesAdaptiveGroups(limit: ${RECENT_TEXTS}, filter: $lastDay, orderBy: [count_DESC]) { count dimensions { query } }
    }
  }
}`.replaceAll('...FIGURES', 'count sum { queryDurationMs rowsRead rowsWritten } dimensions { query }')

const figure = z.number().nonnegative()
const groupSchema = z.object({
  count: figure,
  sum: z.object({ queryDurationMs: figure, rowsRead: figure, rowsWritten: figure }),
  dimensions: z.object({ query: z.string().nullish() }),
})
const accountSchema = z.object({
  all: z.array(z.object({ count: figure })),
  byReads: z.array(groupSchema),
  byCalls: z.array(groupSchema),
  byWrites: z.array(groupSchema),
  recent: z.array(z.object({ dimensions: z.object({ query: z.string().nullish() }) })),
})
const answerSchema = z.object({
  data: z.object({ viewer: z.object({ accounts: z.array(accountSchema) }) }).nullish(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
})

/** The fields that the documentation of Query Insights names. */
const insightsSchema = z.array(
  z.object({
    query: z.string(),
    count: figure.nullish(),
    rows_read: figure,
    rows_written: figure,
    duration: figure,
  }),
)

/** The first 16 digits of the SHA-256 of a text: by it a query is known again. */
function queryId(sql: string): string {
  return createHash('sha256').update(sql).digest('hex').slice(0, 16)
}

export interface TrafficQuestion {
  target: Pick<Target, 'database' | 'accountId'>
  env: NodeJS.ProcessEnv
  /** Epoch milliseconds; the present by default. */
  to?: number
  /** The week before `to` by default. */
  from?: number
  signal?: AbortSignal
}

/**
 * What production was asked, by text. Two or three calls of the API. Never throws but the signal's reason: what cannot be read is
 * `unknown` with the reason, for nothing of a migration depends on it.
 */
export async function readQueryTraffic(question: TrafficQuestion): Promise<TrafficReading> {
  const { target, env, signal, to = Date.now(), from = to - TRAFFIC_WINDOW_MS } = question
  const window = { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
  const unknown = (because: string): TrafficReading => ({ state: 'unknown', window, because })
  if (!target.database.remote) return unknown('a local database has no analytics at Cloudflare')
  const client = apiClient(env)
  if (client === undefined) return unknown('CLOUDFLARE_API_TOKEN is not set, so the analytics were not asked')
  try {
    const account = await resolveAccount(target, client)
    const asked = { client: { ...client, tries: 2 }, account, target, window, ...defined({ signal }) }
    const reading = await askGraphql(asked)
    if (typeof reading !== 'string') return reading
    return (await askInsights(asked)) ?? unknown(reading)
  } catch (error) {
    signal?.throwIfAborted()
    return unknown(messageOf(error))
  }
}

interface Asked {
  client: ApiClient
  account: string
  target: Pick<Target, 'database' | 'accountId'>
  window: TrafficWindow
  signal?: AbortSignal
}

/** A text is the reason why there is no answer. */
async function askGraphql({
  client,
  account,
  target,
  window,
  signal,
}: Asked): Promise<TrafficReading | string> {
  const filter = (from: string): object => ({
    databaseId: target.database.id,
    datetime_geq: from,
    datetime_leq: window.to,
  })
  const dayBefore = new Date(Date.parse(window.to) - DAY_MS).toISOString()
  const lastDay = dayBefore > window.from ? dayBefore : window.from
  const variables = { account, window: filter(window.from), lastDay: filter(lastDay) }
  const what = 'Asking for the queries of the application'
  const question = { what, path: '/graphql', body: { query: QUERY, variables }, signal: limited(signal) }
  let answer: unknown
  try {
    answer = await askRaw(client, question)
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof RunbookError) return error.message
    return `${what} failed: ${messageOf(error)}`
  }
  const { success, data } = answerSchema.safeParse(answer)
  if (!success) return 'Cloudflare gave no usable analytics'
  const refusal = data.errors?.[0]
  if (refusal !== undefined) return `Cloudflare refused the analytics question: ${refusal.message}`
  const found = data.data?.viewer.accounts[0]
  return found === undefined ? 'the token sees no analytics of this account' : readingOf(found, window)
}

function readingOf(found: z.infer<typeof accountSchema>, window: TrafficWindow): TrafficReading {
  const asked = new Set(found.recent.map(({ dimensions }) => dimensions.query))
  // A list that is full says nothing of what is not in it.
  const whole = found.recent.length < RECENT_TEXTS
  const recent = (query: string): boolean | null => (asked.has(query) ? true : whole ? false : null)
  const queries = new Map<string, QueryTraffic>()
  for (const { count, sum, dimensions } of [...found.byReads, ...found.byCalls, ...found.byWrites]) {
    const { query } = dimensions
    if (query === undefined || query === null || query === '' || query.length > LONGEST_TEXT) continue
    const { queryDurationMs: durationMs, rowsRead, rowsWritten } = sum
    queries.set(query, {
      id: queryId(query),
      sql: query,
      calls: count,
      rowsRead,
      rowsWritten,
      durationMs,
      recent: recent(query),
    })
  }
  const calls = found.all.reduce((total, { count }) => total + count, 0)
  return { state: 'read', source: 'graphql', window, queries: [...queries.values()], calls }
}

/** For a token that may read the database and not the analytics of its account. Undefined: no answer here either. */
async function askInsights({
  client,
  account,
  target,
  window,
  signal,
}: Asked): Promise<TrafficReading | undefined> {
  try {
    const found = await askApi(client, {
      what: 'Asking for the insights of the database',
      path: apiPath('accounts', account, 'd1', 'database', target.database.id, 'insights'),
      search: { filter: 'recommendations' },
      signal: limited(signal),
      schema: insightsSchema,
    })
    const queries = found
      .filter(({ query }) => query !== '' && query.length <= LONGEST_TEXT)
      .slice(0, TEXTS)
      .map(({ query, count, rows_read: rowsRead, rows_written: rowsWritten, duration }) => {
        return {
          id: queryId(query),
          sql: query,
          calls: count ?? null,
          rowsRead,
          rowsWritten,
          durationMs: duration,
          recent: null,
        }
      })
    return { state: 'read', source: 'insights', window, queries, calls: null }
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}

function limited(signal: AbortSignal | undefined): AbortSignal {
  const deadline = AbortSignal.timeout(TIMEOUT_MS)
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline])
}
