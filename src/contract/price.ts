import { z } from 'zod'
import { exportHoursSchema } from './export-hours.js'

/**
 * What all databases of the account have used since midnight UTC, by analytics that come minutes late: at least so much. `date`: that
 * day. Or why it is not known.
 */
export const dayUsageSchema = z.union([
  z.object({
    date: z.string(),
    rowsRead: z.number().nonnegative(),
    rowsWritten: z.number().nonnegative(),
  }),
  z.object({ unknown: z.string() }),
])
export type DayUsage = z.infer<typeof dayUsageSchema>

/** Whether an export may begin now: outside of its hours the database is read by rows, or the backup is put off to `opensAt`. */
export const exportsNowSchema = z.object({
  state: z.enum(['open', 'by-rows', 'put-off']),
  hours: exportHoursSchema,
  /** ISO 8601; absent where it is open. */
  opensAt: z.string().optional(),
})
export type ExportsNow = z.infer<typeof exportsNowSchema>

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
  /** Of hours in which an export may begin. Absent: there are none, or the database is read by rows at any time. */
  exports: exportsNowSchema.optional(),
  /** Of an account that may be on the free plan. */
  usedToday: dayUsageSchema.optional(),
})
export type Price = z.infer<typeof priceSchema>

/** Of the account that the database is in. */
export const workersPlanSchema = z.enum(['free', 'paid'])
export type WorkersPlan = z.infer<typeof workersPlanSchema>
