import type { ExportHours } from './export-hours.js'

const MINUTE_MS = 60_000
const DAY_MINUTES = 24 * 60

/**
 * Milliseconds until an export may begin; 0: now. `now`: epoch milliseconds. Where clocks go over the hours that night, it ends before
 * them: ask again then. Workflow code asks too. Throws RangeError for a zone that nobody knows.
 */
export function untilExportMs(hours: ExportHours, now: number): number {
  const minute = minuteOfDay(now, hours.timeZone)
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)]
  if (isWithin(minute, from, to)) return 0
  const minutes = (from - minute + DAY_MINUTES) % DAY_MINUTES
  const at = now - (now % MINUTE_MS) + minutes * MINUTE_MS
  // Clocks that change before then show another time.
  const late = ((minuteOfDay(at, hours.timeZone) - from + 1.5 * DAY_MINUTES) % DAY_MINUTES) - DAY_MINUTES / 2
  const corrected = at - late * MINUTE_MS
  const opens = minuteOfDay(corrected, hours.timeZone) === from && corrected > now ? corrected : at
  return opens - now
}

function isWithin(minute: number, from: number, to: number): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

function minuteOfDay(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', {
    ...{ timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(at)
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0)
  return part('hour') * 60 + part('minute')
}
