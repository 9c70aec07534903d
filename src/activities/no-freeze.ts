import type { CharteredEnvironment } from '../contract/charter.js'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import { freezeText } from '../runbook/freezes.js'
import { windowState } from '../runbook/window.js'

export type ApplyingCharter = Pick<CharteredEnvironment, 'freezes' | 'timeZone' | 'policy'>

/**
 * The workflow looks too, before it asks: what it asked for may have waited for a worker since, or be tried again, and whoever else asks
 * looked at nothing. `what`: what is not begun. Throws `Frozen` in a freeze of this worker's charter.
 */
export function demandNoFreeze({ freezes, timeZone }: ApplyingCharter, what: string): void {
  const state = windowState({ window: undefined, freezes, now: Date.now() })
  if (state.state === 'open') return
  const { freeze } = state
  throw new RunbookError(
    'Frozen',
    `A freeze holds${freeze === undefined ? '' : ` (${freezeText(freeze, timeZone)})`}: ${what} was not begun.`,
    { advice: words`Begin again when it is over: ${command('start')}` },
  )
}
