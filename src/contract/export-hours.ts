import { z } from 'zod'
import { isTimeZone } from './time-zone.js'

/** `02:00`, of a day of 24 hours. */
const timeOfDaySchema = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time such as "02:00"')

/**
 * In which hours of a day D1's own export of a remote database may begin: it answers nobody meanwhile. `to` is no longer within; at or
 * before `from` it is that of the next day.
 */
export const exportHoursSchema = z.object({
  from: timeOfDaySchema,
  to: timeOfDaySchema,
  timeZone: z.string().refine(isTimeZone, 'an IANA time zone'),
})
export type ExportHours = z.infer<typeof exportHoursSchema>

/** `02:00-05:00` as it is configured; undefined where it says no hours. */
export function exportHoursOf(text: string, timeZone: string): ExportHours | undefined {
  const [from, to] = text.split('-')
  return from === to ? undefined : exportHoursSchema.safeParse({ from, to, timeZone }).data
}
