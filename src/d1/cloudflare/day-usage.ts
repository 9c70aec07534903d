import { z } from 'zod'
import { messageOf } from '../../contract/failures.js'
import type { DayUsage } from '../../contract/price.js'
import type { Target } from '../../contract/target.js'
import { resolveAccount } from './account.js'
import { apiClient, askRaw } from './api.js'

/** What all databases of the account read and wrote. https://developers.cloudflare.com/d1/observability/metrics-analytics/ */
const QUERY = `query RunbookDay($account: string!, $day: AccountD1AnalyticsAdaptiveGroupsFilter_InputObject) {
  viewer {
    accounts(filter: { accountTag: $account }) {
      d1AnalyticsAdaptiveGroups(limit: 10000, filter: $day) { sum { rowsRead rowsWritten } }
    }
  }
}`

const figure = z.number().nonnegative()
const accountSchema = z.object({
  d1AnalyticsAdaptiveGroups: z.array(z.object({ sum: z.object({ rowsRead: figure, rowsWritten: figure }) })),
})
const answerSchema = z.object({
  data: z.object({ viewer: z.object({ accounts: z.array(accountSchema) }) }).nullish(),
  errors: z.array(z.object({ message: z.string() })).nullish(),
})

const TIMEOUT_MS = 10_000

/**
 * What the account has used since midnight UTC, by D1's analytics, which come minutes late: at least so much. One or two calls of the
 * API. Never throws: what cannot be read is `unknown` with the reason.
 */
export async function usedToday(
  target: Pick<Target, 'accountId'>,
  env: NodeJS.ProcessEnv = process.env,
  now = Date.now(),
): Promise<DayUsage> {
  const client = apiClient(env)
  if (client === undefined) return { unknown: 'CLOUDFLARE_API_TOKEN is not set' }
  try {
    const account = await resolveAccount(target, client)
    const date = new Date(now).toISOString().slice(0, 10)
    const answer = answerSchema.safeParse(
      await askRaw(
        { ...client, tries: 1 },
        {
          what: 'Asking for what the account used today',
          path: '/graphql',
          body: { query: QUERY, variables: { account, day: { date_geq: date, date_leq: date } } },
          signal: AbortSignal.timeout(TIMEOUT_MS),
        },
      ),
    ).data
    const refusal = answer?.errors?.[0]
    if (refusal !== undefined) return { unknown: `Cloudflare refused the question: ${refusal.message}` }
    const groups = answer?.data?.viewer.accounts[0]?.d1AnalyticsAdaptiveGroups
    if (groups === undefined) return { unknown: 'Cloudflare gave no analytics of this account' }
    const total = (of: 'rowsRead' | 'rowsWritten'): number =>
      groups.reduce((sum, group) => sum + group.sum[of], 0)
    return { date, rowsRead: total('rowsRead'), rowsWritten: total('rowsWritten') }
  } catch (error) {
    return { unknown: messageOf(error) }
  }
}
