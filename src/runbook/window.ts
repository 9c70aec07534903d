import type { Freeze, MaintenanceWindow } from '../contract/run.js'

/** When something may be applied: inside the window, and outside of every freeze. */
export interface ApplyTimes {
  window: MaintenanceWindow | undefined
  freezes?: readonly Freeze[] | undefined
}

/**
 * Where `now` is against the times of an apply. `forMs`: milliseconds until it may begin, or must have ended. `freeze`: the one that is to
 * blame, where it is not the window.
 */
export type WindowState =
  | { state: 'before'; forMs: number; freeze?: Freeze }
  | { state: 'open'; forMs: number; freeze?: Freeze }
  | { state: 'closed'; freeze?: Freeze }

/**
 * No window means always open. It opens at its first moment and is closed at its last, and so does a freeze the other way round; what
 * cannot be read is closed, since what cannot be known is not safe.
 */
export function windowState(input: ApplyTimes & { now: number }): WindowState {
  const { window, freezes = [], now } = input
  const opensAt = window === undefined ? now : Date.parse(window.opensAt)
  const closesAt = window === undefined ? Number.POSITIVE_INFINITY : Date.parse(window.closesAt)
  if (!Number.isFinite(opensAt) || Number.isNaN(closesAt) || now >= closesAt) return { state: 'closed' }
  const spans = freezes.map((freeze) => ({
    freeze,
    from: Date.parse(freeze.from),
    until: Date.parse(freeze.until),
  }))
  const unreadable = spans.find(({ from, until }) => Number.isNaN(from) || Number.isNaN(until))
  if (unreadable !== undefined) return { state: 'closed', freeze: unreadable.freeze }
  let at = Math.max(now, opensAt)
  let blame: Freeze | undefined
  for (;;) {
    const holding = spans.find(({ from, until }) => from <= at && at < until)
    if (holding === undefined) break
    blame = holding.freeze
    at = holding.until
  }
  const because = blame === undefined ? {} : { freeze: blame }
  if (at >= closesAt) return { state: 'closed', ...because }
  if (at > now) return { state: 'before', forMs: at - now, ...because }
  const next = spans.filter(({ from }) => from > now).sort((a, b) => a.from - b.from)[0]
  if (next === undefined || next.from >= closesAt) return { state: 'open', forMs: closesAt - now }
  return { state: 'open', forMs: next.from - now, freeze: next.freeze }
}

/** Whether work that takes `neededMs` still fits. */
export function windowHolds(input: ApplyTimes & { now: number; neededMs: number }): boolean {
  const state = windowState(input)
  return state.state === 'open' && state.forMs >= input.neededMs
}
