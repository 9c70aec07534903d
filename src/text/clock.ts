/**
 * Wall-clock times for people. Workflow code imports this file: an unknown zone must not throw there, so it reads as
 * UTC; the config refuses it long before.
 */

const ZONE: Intl.DateTimeFormatOptions = { timeZoneName: 'short' }
const MINUTE: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  calendar: 'gregory',
  numberingSystem: 'latn',
}

const MOST_KEPT = 50
const KEPT = new Map<string, Intl.DateTimeFormat>()

/** `14:30` in the zone. `at`: epoch milliseconds. */
export function clockTime(at: number, timeZone: string): string {
  return localIso(at, timeZone).slice(11)
}

/** `2026-03-08` in the zone. */
export function calendarDay(at: number, timeZone: string): string {
  return localIso(at, timeZone).slice(0, 10)
}

/** `14:30 EST`. */
export function zonedTime(at: number, timeZone: string): string {
  return `${clockTime(at, timeZone)} ${zoneName(at, timeZone)}`
}

/** `2026-03-08 14:30 EST`. */
export function zonedDateTime(at: number, timeZone: string): string {
  return `${calendarDay(at, timeZone)} ${zonedTime(at, timeZone)}`
}

/** `14:30 EST` where it is on the day of `told` (epoch milliseconds, as `at`) in the zone, else `2026-03-08 14:30 EST`. */
export function timeToldAt(told: number, { at, timeZone }: { at: number; timeZone: string }): string {
  const sameDay = calendarDay(at, timeZone) === calendarDay(told, timeZone)
  return sameDay ? zonedTime(at, timeZone) : zonedDateTime(at, timeZone)
}

/**
 * The zone's short name at that moment (`EST`, then `EDT` in summer). English locales know different abbreviations, so
 * the first that knows one wins; else the offset, such as `GMT+5:45`.
 */
export function zoneName(at: number, timeZone: string): string {
  let offset = 'UTC'
  for (const locale of ['en-US', 'en-GB', 'en-AU', 'en-IN']) {
    const name = part(at, timeZone, locale)
    if (name === undefined) return 'UTC'
    if (!/^(?:GMT|UTC)[+-]/.test(name)) return name
    offset = name
  }
  return offset
}

function part(at: number, timeZone: string, locale: string): string | undefined {
  try {
    return formatter(locale, timeZone, ZONE)
      .formatToParts(new Date(at))
      .find(({ type }) => type === 'timeZoneName')?.value
  } catch {
    return undefined
  }
}

/** Built from parts: the separators of a locale's own format change between ICU versions. */
function localIso(at: number, timeZone: string): string {
  if (!Number.isFinite(at)) return '????-??-?? ??:??'
  const parts = new Map(
    minuteFormatter(timeZone)
      .formatToParts(new Date(at))
      .map(({ type, value }) => [type, value]),
  )
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? ''
  return `${of('year').padStart(4, '0')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}`
}

function minuteFormatter(timeZone: string): Intl.DateTimeFormat {
  try {
    return formatter('en-US', timeZone, MINUTE)
  } catch {
    return formatter('en-US', 'UTC', MINUTE)
  }
}

/** To make one costs a hundred times what it costs to use it, and a run writes its times in one zone again and again. */
function formatter(
  locale: string,
  timeZone: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${options === ZONE ? 'zone' : 'minute'} ${locale} ${timeZone}`
  const known = KEPT.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(locale, { ...options, timeZone })
  // A worker serves runs of any zone: none of them may fill its memory.
  if (KEPT.size >= MOST_KEPT) KEPT.clear()
  KEPT.set(key, made)
  return made
}

/** `2026-03-08 14:30:05 EST`, for timelines. Every zone in use is whole minutes off UTC, so the seconds are UTC's. */
export function zonedSeconds(at: number, timeZone: string): string {
  if (!Number.isFinite(at)) return 'unknown'
  const seconds = String(Math.floor(at / 1000) % 60).padStart(2, '0')
  return `${calendarDay(at, timeZone)} ${clockTime(at, timeZone)}:${seconds} ${zoneName(at, timeZone)}`
}
