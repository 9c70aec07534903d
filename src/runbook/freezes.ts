import type { Freeze, MigrationRequest, RunView } from '../contract/run.js'
import { zonedDateTime } from '../text/clock.js'
import { formatDuration } from '../text/duration.js'
import { visible } from '../text/visible.js'
import type { WindowState } from './window.js'

/** What a run waits for that may not apply yet, and until when. */
export function waitingText(
  state: Extract<WindowState, { state: 'before' }>,
  { window, timeZone }: Pick<MigrationRequest, 'window' | 'timeZone'>,
): { waiting: string; summary: string } {
  const { freeze } = state
  if (freeze !== undefined) {
    const ends = zonedDateTime(Date.parse(freeze.until), timeZone)
    return {
      waiting: `waiting for the end of a freeze (${visible(freeze.reason)}), ${ends}`,
      summary: `Freeze ends ${ends}`,
    }
  }
  const opens = zonedDateTime(Date.parse(window?.opensAt ?? ''), timeZone)
  return {
    waiting: `waiting for the maintenance window, which opens ${opens}`,
    summary: `Maintenance window opens ${opens}`,
  }
}

/** What a run waited for, since when and how long, as lines. `now`: of a wait that goes on; epoch milliseconds. */
export function waitLines(
  { waits = [], closedAt }: Pick<RunView, 'waits' | 'closedAt'>,
  { timeZone, now }: { timeZone: string; now: number },
): string[] {
  return waits.map(({ for: what, since, until }) => {
    const end = Date.parse(until ?? closedAt ?? new Date(now).toISOString())
    const over = until !== undefined ? 'went on' : closedAt !== undefined ? 'ended meanwhile' : 'still waits'
    return `${what}: since ${zonedDateTime(Date.parse(since), timeZone)}, ${over} after ${formatDuration(end - Date.parse(since))}, which were no work`
  })
}

/** A freeze for people, on one line whatever its reason holds. */
export function freezeText({ from, until, reason }: Freeze, timeZone: string): string {
  return `${visible(reason)}, ${zonedDateTime(Date.parse(from), timeZone)} to ${zonedDateTime(Date.parse(until), timeZone)}`
}

/** Those that hold now or come later, the first one first. */
export function freezesAhead(freezes: readonly Freeze[] = [], now: number): Freeze[] {
  return freezes
    .filter(({ until }) => Date.parse(until) > now)
    .sort((a, b) => Date.parse(a.from) - Date.parse(b.from))
}

/** A freeze that begins later than this concerns no run that begins now. Milliseconds. */
const SOON_MS = 14 * 24 * 3_600_000

/** Said before anybody asks for an apply: the freeze that holds, and the next one where it is near. */
export function freezeNotes(freezes: readonly Freeze[] | undefined, timeZone: string, now: number): string[] {
  return freezesAhead(freezes, now)
    .filter(({ from }) => Date.parse(from) <= now + SOON_MS)
    .map((freeze) => {
      const holds = Date.parse(freeze.from) <= now
      return `${holds ? 'A freeze holds, and nothing is applied' : 'A freeze is near, and nothing will be applied'}: ${freezeText(freeze, timeZone)}`
    })
}
