import type { DayUsage } from './price.js'
import type { Target } from './target.js'

/**
 * What a free account may read and write a day, until midnight UTC. Past it every query of the account fails, the application's too.
 * Source: https://developers.cloudflare.com/d1/platform/pricing/
 */
export const FREE_DAY = { rowsRead: 5_000_000, rowsWritten: 100_000 } as const

/** The part of what is left of a free day that comparing a backup may read where nothing else is configured. */
const SHARE_OF_DAY = 0.2

/**
 * Rows that comparing may read; undefined: as many as there are. A plan that is not known may be the free one: then it is a part of what is
 * left of the day, by what the account is known to have used of it.
 */
export function rowsAllowed(
  { backupMaxRowsRead, workersPlan }: Pick<Target, 'backupMaxRowsRead' | 'workersPlan'>,
  usedToday?: DayUsage,
): number | undefined {
  if (backupMaxRowsRead !== undefined) return backupMaxRowsRead
  if (workersPlan === 'paid') return undefined
  const used = usedToday === undefined || 'unknown' in usedToday ? 0 : usedToday.rowsRead
  return Math.floor(Math.max(0, FREE_DAY.rowsRead - used) * SHARE_OF_DAY)
}
