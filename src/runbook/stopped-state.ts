import { visible } from '../text/visible.js'
import type { Plan } from '../contract/plan.js'
import type { MigrationResult, RunView } from '../contract/run.js'
import { formatDuration } from '../text/duration.js'
import { plural } from '../text/plural.js'
import { isUnproven, ledgerText, touchedBy } from './migration-state.js'
import type { WindowState } from './window.js'

/** Said while the ways back are made ready: nobody is asked yet. */
export const GATE_NEXT = 'the gate rollback opens next, and who decides before that is heard'

type Seen = Pick<RunView, 'migrations' | 'ledger'>

/**
 * What an apply that ended early left behind, for the alert: only what was read back. `ledger` of the view is absent where
 * the database could not be read, and then nothing is said of it but that.
 */
export function stoppedState(view: Seen): { impact: string; action: string } {
  const said = ledgerText(view)
  const read = said === undefined ? 'the database could not be read back' : `read back: ${said}`
  return { impact: `${fileStates(view.migrations)}; ${read}`, action: stoppedAction(view) }
}

function stoppedAction({ migrations, ledger }: Seen): string {
  if (touchedBy(migrations).length > 0) return `stopped; ${GATE_NEXT}`
  const absent = migrations.every(({ name }) => ledger?.applied.includes(name) === false)
  return absent && ledger?.schema === 'as-before'
    ? 'stopped; no file of this run is in the ledger, and the schema is that of before'
    : 'stopped; this run applied nothing'
}

/** `1 of 2 migrations applied; 0003_third.sql: unknown`. */
function fileStates(migrations: readonly MigrationResult[]): string {
  const applied = migrations.filter(({ state }) => state === 'applied').length
  const unproven = migrations.filter(({ state }) => isUnproven(state))
  return [
    `${applied} of ${plural(migrations.length, 'migration')} applied`,
    ...unproven.map(({ name, state }) =>
      state === 'partial' ? `${name} is neither applied nor absent` : `${name} may have changed the database`,
    ),
  ].join('; ')
}

/** Why window or freeze ends an apply here: there is no time any more, or too little for what the file took at the rehearsal. */
export function windowOverText(input: {
  state: WindowState
  migration: Plan['migrations'][number]
  applied: number
  planned: number
}): string {
  const { state, migration, applied, planned } = input
  const { freeze } = state
  const took = `${migration.name} took ${formatDuration(migration.durationMs)} at the rehearsal`
  const room =
    state.state === 'open'
      ? freeze === undefined
        ? `the maintenance window is open for ${formatDuration(state.forMs)} more, and ${took}`
        : `a freeze (${visible(freeze.reason)}) begins in ${formatDuration(state.forMs)}, and ${took}`
      : freeze === undefined
        ? `the maintenance window is not open any more for ${migration.name}`
        : `a freeze (${visible(freeze.reason)}) holds before ${migration.name}`
  return `${room}: stopped before it, ${applied} of ${plural(planned, 'migration')} applied`
}
