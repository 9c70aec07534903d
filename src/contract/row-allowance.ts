import type { WorkersPlan } from './price.js'

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
