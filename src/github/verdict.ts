import type { RunView } from '../contract/run.js'
import { gateTitle } from '../runbook/steps.js'
import { plural } from '../text/plural.js'
import { visible } from '../text/visible.js'

/** What a deployment of a commit may do. `waits`: for what, as one word that changes when that does. */
export type Verdict =
  | { state: 'approved' | 'rejected'; why: string }
  | { state: 'waiting'; waits: string; why: string }

type Seen = Pick<RunView, 'environment' | 'phase' | 'outcome' | 'gates' | 'migrations' | 'monitoring'>

/**
 * Approved once the run of exactly the committed files is validated, its team has confirmed that, and the monitoring has nothing against it; rejected where it ended
 * otherwise; else it waits. Sentences for people, plain text.
 */
export function verdictOn(view: Seen): Verdict {
  const { outcome, phase, environment } = view
  const files = plural(view.migrations.length, 'migration')
  if (outcome !== null) {
    const pending = view.migrations.length === 0 ? 'nothing was pending' : files
    return { ...ENDED[outcome], why: `${ENDED[outcome].why} (${visible(environment)}, ${pending}).` }
  }
  const open = view.gates.find(({ state }) => state === 'open')
  if (phase === 'rollback' || open?.gate === 'rollback')
    return {
      state: 'waiting',
      waits: 'rollback',
      why: 'Something went wrong behind the apply, and the run is about to go back or not.',
    }
  if (phase === 'monitor') {
    const seen = view.monitoring?.checkpoints.at(-1)?.verdict
    if (seen === 'breached' || seen === 'unknown')
      return {
        ...{ state: 'waiting', waits: seen },
        why: `${files} applied and validated in ${visible(environment)}, and the last look of the monitoring was ${seen}.`,
      }
    return {
      state: 'approved',
      why: `${files} applied and validated in ${visible(environment)}; the monitoring goes on.`,
    }
  }
  // Where a run that is closing leads is known when it is closed.
  if (open !== undefined)
    return {
      state: 'waiting',
      waits: `gate ${open.gate}`,
      why: `The run of these files waits at the gate "${gateTitle(open.gate, visible(environment))}".`,
    }
  return { state: 'waiting', waits: 'run', why: `The run of these files is under way, at the step ${phase}.` }
}

const ENDED: Record<NonNullable<RunView['outcome']>, { state: 'approved' | 'rejected'; why: string }> = {
  completed: { state: 'approved', why: 'The run of these files is completed' },
  'completed-unhealthy': {
    state: 'rejected',
    why: 'The run of these files applied them, and its monitoring ended breached or unknown',
  },
  failed: { state: 'rejected', why: 'The run of these files failed' },
  declined: { state: 'rejected', why: 'The run of these files was declined by people' },
  aborted: { state: 'rejected', why: 'The run of these files was aborted' },
  expired: { state: 'rejected', why: 'The run of these files expired before it was decided' },
  'rolled-back': { state: 'rejected', why: 'The run of these files was rolled back' },
  drifted: {
    state: 'rejected',
    why: 'The run of these files stopped: the database was not what had been approved',
  },
}

/** No run holds these files. */
export function noRun(count: number, environment: string): Verdict {
  const none = `No run of exactly ${count === 1 ? 'this migration' : `these ${count} migrations`} in ${visible(environment)} is known`
  return { state: 'waiting', waits: 'start', why: `${none}: somebody starts one.` }
}
