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
