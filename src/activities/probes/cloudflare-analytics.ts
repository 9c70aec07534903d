import { z } from 'zod'
import type { Probe } from '../../contract/monitoring.js'
import type { Target } from '../../contract/target.js'
import { resolveAccount } from '../../d1/cloudflare/account.js'
import { apiClient, askRaw } from '../../d1/cloudflare/api.js'
import { unknown, type ProbeContext, type Seen } from './probe.js'
import { grouped } from '../../contract/number.js'

type AnalyticsProbe = Extract<Probe, { kind: 'cloudflare-analytics' }>

/**
 * Cloudflare counts D1 queries by outcome (the dimension `error`) and keeps quantiles of their duration; Workers count
 * requests and errors by script. https://developers.cloudflare.com/d1/observability/metrics-analytics/
 */
const QUERY = `query RunbookProbe(
  $account: string!
  $queries: AccountD1QueriesAdaptiveGroupsFilter_InputObject
  $requests: AccountWorkersInvocationsAdaptiveFilter_InputObject
  $withScript: Boolean!
) {
  viewer {
    accounts(filter: { accountTag: $account }) {
      durations: d1QueriesAdaptiveGroups(limit: 1, filter: $queries) { count quantiles { queryDurationMsP50 } }
      outcomes: d1QueriesAdaptiveGroups(limit: 100, filter: $queries) { count dimensions { error } }
      invocations: workersInvocationsAdaptive(limit: 1, filter: $requests) @include(if: $withScript) {
        sum { requests errors }
      }
    }
  }
}`

const accountSchema = z.object({
  durations: z
    .array(
      z.object({
        count: z.number(),
        quantiles: z.object({ queryDurationMsP50: z.number().nullish() }).nullish(),
      }),
    )
    .default([]),
  outcomes: z
    .array(
      z.object({
        count: z.number(),
        dimensions: z.object({ error: z.union([z.string(), z.number(), z.boolean()]).nullish() }).nullish(),
      }),
    )
    .default([]),
  invocations: z.array(z.object({ sum: z.object({ requests: z.number(), errors: z.number() }) })).default([]),
})
type AccountAnalytics = z.infer<typeof accountSchema>

const answerSchema = z.object({
  data: z.object({ viewer: z.object({ accounts: z.array(accountSchema) }) }).nullish(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
})

/** Error rate and median duration that real traffic met in the last `windowMs`, ending at `now`. */
export async function probeCloudflareAnalytics(probe: AnalyticsProbe, context: ProbeContext): Promise<Seen> {
  const { target, env, now, signal } = context
  if (!target.database.remote) return unknown('a local database has no analytics at Cloudflare')
  const client = apiClient(env, 'watch')
  if (client === undefined) return unknown('CLOUDFLARE_API_TOKEN is not set on the worker')
  const account = await resolveAccount(target, client)
  const body = { query: QUERY, variables: variablesOf({ probe, target, account, now }) }
  const answer = answerSchema.safeParse(
    await askRaw({ ...client, tries: 1 }, { what: 'Asking for analytics', path: '/graphql', body, signal }),
  )
  if (!answer.success) return unknown('Cloudflare gave no usable analytics')
  const refusal = answer.data.errors?.[0]
  if (refusal !== undefined) return unknown(`Cloudflare refused the analytics query: ${refusal.message}`)
  const found = answer.data.data?.viewer.accounts[0]
  return found === undefined ? unknown('the token sees no analytics of this account') : figuresOf(found)
}

function variablesOf(input: { probe: AnalyticsProbe; target: Target; account: string; now: number }): object {
  const { probe, target, account, now } = input
  const window = {
    datetime_geq: new Date(now - probe.windowMs).toISOString(),
    datetime_leq: new Date(now).toISOString(),
  }
  return {
    account,
    queries: { databaseId: target.database.id, ...window },
    requests: { scriptName: probe.script ?? '', ...window },
    withScript: probe.script !== undefined,
  }
}

/** The worse of the database's and the Worker's error rate: either can be what users meet. */
function figuresOf({ durations, outcomes, invocations }: AccountAnalytics): Seen {
  const queries = sum(outcomes.map(({ count }) => count))
  const failed = sum(
    outcomes.filter(({ dimensions }) => isError(dimensions?.error)).map(({ count }) => count),
  )
  const requests = sum(invocations.map((group) => group.sum.requests))
  const errors = sum(invocations.map((group) => group.sum.errors))
  if (queries + requests === 0) return unknown('no traffic in this window, or analytics have not arrived yet')
  const rates = [
    ...(queries > 0
      ? [{ rate: failed / queries, text: `${grouped(failed)} of ${grouped(queries)} queries failed` }]
      : []),
    ...(requests > 0
      ? [{ rate: errors / requests, text: `${grouped(errors)} of ${grouped(requests)} requests failed` }]
      : []),
  ]
  const latencyMs = durations[0]?.quantiles?.queryDurationMsP50
  return {
    ok: true,
    ...(typeof latencyMs === 'number' ? { latencyMs } : {}),
    errorRate: Math.min(1, Math.max(...rates.map(({ rate }) => rate))),
    message: rates.map(({ text }) => text).join(', '),
  }
}

/** Empty, zero and absent mean that the query went well. */
function isError(error: string | number | boolean | null | undefined): boolean {
  return !['', '0', 'false', 'null', 'undefined'].includes(String(error))
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
