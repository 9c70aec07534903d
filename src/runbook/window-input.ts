import { DateTime, IANAZone } from 'luxon'
import { RunbookError } from '../contract/failures.js'
import type { MaintenanceWindow } from '../contract/run.js'
import { parseDuration } from '../text/duration.js'

const ADVICE =
  'Give --window as START/END or START/DURATION, such as 2026-03-08T22:00/2026-03-09T00:00, 2026-03-08T22:00-05:00/PT2H or 2026-03-08T22:00/2h; times without an offset are in the configured time zone.'

/**
 * `A/B` as a window in UTC. A: ISO 8601, with an offset or in `timeZone`; B: the same, or a duration.
 * For the command line only: workflow code gets the result.
 * @throws RunbookError ConfigInvalid: unreadable, a local time that does not exist or exists twice (change of daylight
 * saving), an end not after its start, or a window that is over.
 */
export function parseWindow(input: { text: string; timeZone: string; now: number }): MaintenanceWindow {
  const { text, timeZone, now } = input
  if (!IANAZone.isValidZone(timeZone))
    throw invalid(`'${timeZone}' is no time zone; names look like Europe/Paris.`)
  const [from, to, ...more] = text.split('/').map((part) => part.trim())
  if (!from || !to || more.length > 0) throw invalid(`'${text}' is no window.`)
  const opens = momentIn(from, timeZone)
  const closes = lasting(to) === undefined ? momentIn(to, timeZone) : opens + (lasting(to) ?? 0)
  if (closes <= opens) throw invalid(`The window '${text}' ends before it starts.`)
  if (closes <= now) throw invalid(`The window '${text}' is over.`)
  return { opensAt: new Date(opens).toISOString(), closesAt: new Date(closes).toISOString() }
}

/**
 * ISO 8601 with an offset, or a local time of the zone, as epoch milliseconds. Throws `ConfigInvalid`: unreadable, or a local time that the zone has
 * not or has twice.
 */
export function momentIn(text: string, timeZone: string): number {
  const read = DateTime.fromISO(text, { zone: timeZone })
  if (!read.isValid || !/\d{4}-?\d{2}-?\d{2}[T ]/.test(text)) throw invalid(`'${text}' is no date and time.`)
  if (/(?:Z|[+-]\d{2}(?::?\d{2})?)$/i.test(text.slice(10))) return read.toMillis()
  const wall = DateTime.fromISO(text, { zone: 'UTC' })
  const candidates = wallTimes(wall, timeZone)
  const [only] = candidates
  if (only === undefined) {
    throw invalid(`${text} does not exist in ${timeZone}: clocks go forward over it.`)
  }
  if (candidates.length > 1) {
    const both = candidates.map((at) =>
      DateTime.fromMillis(at, { zone: timeZone }).toISO({ suppressMilliseconds: true }),
    )
    throw invalid(`${text} comes twice in ${timeZone}: clocks go back over it. Write ${both.join(' or ')}.`)
  }
  return only
}

/** Every moment at which the clocks of the zone show this wall time: none, one, or two. Ascending. */
function wallTimes(wall: DateTime, timeZone: string): number[] {
  const naive = wall.toMillis()
  const day = 86_400_000
  const offsets = new Set(
    [naive - day, naive, naive + day].map((at) => DateTime.fromMillis(at, { zone: timeZone }).offset),
  )
  return [...offsets]
    .map((offset) => naive - offset * 60_000)
    .filter((at) => DateTime.fromMillis(at, { zone: timeZone }).offset * 60_000 === naive - at)
    .sort((a, b) => a - b)
}

/** `2h`, or ISO 8601 `PT2H`. */
function lasting(text: string): number | undefined {
  const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/i.exec(text)
  if (iso === null) return parseDuration(text)
  const [days, hours, minutes, seconds] = iso.slice(1).map((part: string | undefined) => Number(part ?? 0))
  return ((((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000
}

function invalid(message: string): RunbookError {
  return new RunbookError('ConfigInvalid', message, { advice: ADVICE })
}
