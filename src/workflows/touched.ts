import { patched } from '@temporalio/workflow'
import { touchedBy } from '../runbook/migration-state.js'
import { stoppedState } from '../runbook/stopped-state.js'
import { isStopped, RunEnded } from './endings.js'
import { considerRollback } from './rollback.js'
import type { Run } from './run.js'
import { stepOf } from './state.js'

/**
 * Nothing that was touched, or may have been, is left without asking people: whatever ends this work early opens the gate
 * `rollback`, unless the run asked about it already. People who stop a run that is applied and validated know what they
 * leave; in the middle of it they may not.
 * @throws what the work threw, where people keep the database as it is; RunEnded where they take it back
 */
export async function neverLeftTouched<T>(run: Run, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RunEnded || run.alerted || touchedBy(run.view.migrations).length === 0) throw error
    const stopped = isStopped(error)
    if (stopped && stepOf(run.view, 'validate').state === 'done') throw error
    if (!patched('touched-is-asked-about')) throw error
    const ask = (): Promise<void> =>
      considerRollback(run, {
        issue: run.endingOf(error).message,
        kept: 'ends',
        ...stoppedState(run.view),
      })
    if (stopped) {
      run.view.paused = false
      await run.uninterrupted(ask)
    } else await ask()
    throw error
  }
}
