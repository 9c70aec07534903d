import type { MaintenanceWindow } from '../contract/run.js'

/** Where `now` is against a maintenance window. `forMs`: milliseconds until it opens, or closes. */
export type WindowState =
  | { state: 'before'; forMs: number }
  | { state: 'open'; forMs: number }
  | { state: 'closed' }

/**
 * No window means always open. It opens at its first moment and is closed at its last; one that cannot be read is
 * closed, since what cannot be known is not safe.
 */
export function windowState(input: { window: MaintenanceWindow | undefined; now: number }): WindowState {
  if (input.window === undefined) return { state: 'open', forMs: Number.POSITIVE_INFINITY }
  const opensAt = Date.parse(input.window.opensAt)
  const closesAt = Date.parse(input.window.closesAt)
  if (!Number.isFinite(opensAt) || !Number.isFinite(closesAt) || input.now >= closesAt)
    return { state: 'closed' }
  return input.now < opensAt
    ? { state: 'before', forMs: opensAt - input.now }
    : { state: 'open', forMs: closesAt - input.now }
}

/** Whether work that takes `neededMs` still fits. */
export function windowHolds(input: {
  window: MaintenanceWindow | undefined
  now: number
  neededMs: number
}): boolean {
  const state = windowState(input)
  return state.state === 'open' && state.forMs >= input.neededMs
}
