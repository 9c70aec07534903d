import { z } from 'zod'

/** What an act on a remote database will cost, reckoned before it, and rather too high than too low. */
export const priceSchema = z.object({
  act: z.enum(['backup', 'plan', 'restore', 'schedule']),
  /** Rows that D1 will count as read; null: at least one table could not be measured within what may be read. */
  rowsRead: z.number().nonnegative().nullable(),
  /** Rows that D1's own export reads; whether it counts them is documented nowhere. */
  rowsExported: z.number().nonnegative(),
  rowsWritten: z.number().nonnegative(),
  /** Of the 1,200 in five minutes that one user has, without those with which Wrangler waits. */
  apiCalls: z.number().nonnegative(),
  /** Milliseconds in which the database answers nobody, by the last export that was measured; 0: it goes on answering. */
  unavailableMs: z.number().nonnegative().nullable(),
})
export type Price = z.infer<typeof priceSchema>

/** Of the account that the database is in. */
export const workersPlanSchema = z.enum(['free', 'paid'])
export type WorkersPlan = z.infer<typeof workersPlanSchema>

/**
 * What a free account may read and write a day, until midnight UTC. Past it every query of the account fails, the application's too.
 * Source: https://developers.cloudflare.com/d1/platform/pricing/
 */
export const FREE_DAY = { rowsRead: 5_000_000, rowsWritten: 100_000 } as const

/** The part of a free day that comparing a backup may read where nothing else is configured. */
const SHARE_OF_DAY = 0.2

/** Rows that comparing may read; undefined: as many as there are. A plan that is not known may be the free one. */
export function rowsAllowed(
  configured: number | undefined,
  plan: WorkersPlan | undefined,
): number | undefined {
  return configured ?? (plan === 'paid' ? undefined : FREE_DAY.rowsRead * SHARE_OF_DAY)
}
