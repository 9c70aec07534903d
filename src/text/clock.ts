/**
 * Wall-clock times for people. Workflow code imports this file: an unknown zone must not throw there, so it reads as
 * UTC; the config refuses it long before.
 */

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
    return new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' })
      .formatToParts(new Date(at))
      .find(({ type }) => type === 'timeZoneName')?.value
  } catch {
    return undefined
  }
}

/** Built from parts: the separators of a locale's own format change between ICU versions. */
function localIso(at: number, timeZone: string): string {
  if (!Number.isFinite(at)) return '????-??-?? ??:??'
  const options: Intl.DateTimeFormatOptions = {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    calendar: 'gregory',
    numberingSystem: 'latn',
  }
  const parts = new Map(
    formatter(timeZone, options)
      .formatToParts(new Date(at))
      .map(({ type, value }) => [type, value]),
  )
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? ''
  return `${of('year').padStart(4, '0')}-${of('month')}-${of('day')} ${of('hour')}:${of('minute')}`
}

function formatter(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone })
  } catch {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' })
  }
}

/** `2026-03-08 14:30:05 EST`, for timelines. Every zone in use is whole minutes off UTC, so the seconds are UTC's. */
export function zonedSeconds(at: number, timeZone: string): string {
  if (!Number.isFinite(at)) return 'unknown'
  const seconds = String(Math.floor(at / 1000) % 60).padStart(2, '0')
  return `${calendarDay(at, timeZone)} ${clockTime(at, timeZone)}:${seconds} ${zoneName(at, timeZone)}`
}
