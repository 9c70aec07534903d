import { CancellationScope, condition, isCancellation, sleep } from '@temporalio/workflow'
import { updateMessage } from '../runbook/messages.js'
import { stepTimes } from '../runbook/step-times.js'
import { RUNBOOK_STEPS, stepTitle } from '../runbook/steps.js'
import type { Run } from './run.js'

/** After this many updates in a row that could only say "still waiting for people", the next one waits for news. */
const QUIET_AFTER = 4

/** More often than this is noise. Milliseconds. */
const FASTEST_MS = 5000

/**
 * "Status updates every 15 minutes", while `work` goes on. A gate that waits for days has its own reminders: it does not
 * get an update every 15 minutes for ever.
 */
export async function withUpdates<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const updates = new CancellationScope()
  void updates
    .run(() => sendUpdates(run))
    .catch((error: unknown) => {
      if (!isCancellation(error)) throw error
    })
  try {
    return await work()
  } finally {
    updates.cancel()
  }
}

/** Milliseconds. */
export function updatePause(run: Run): number {
  return Math.max(FASTEST_MS, run.request.updateEveryMs)
}

async function sendUpdates(run: Run): Promise<never> {
  const everyMs = updatePause(run)
  for (let unchanged = 0, last = ''; ;) {
    if (unchanged >= QUIET_AFTER) await condition(() => run.view.message !== last)
    await sleep(everyMs, { summary: 'Next status update' })
    unchanged = run.view.message === last ? unchanged + 1 : 0
    last = run.view.message
    run.announcer.tell(
      'update',
      updateMessage({
        ...run.context,
        at: Date.now(),
        status: 'IN_PROGRESS',
        step: currentStep(run),
        updateEveryMs: everyMs,
        ...overdue(run),
      }),
    )
  }
}

function currentStep(run: Run): string {
  const running = run.view.steps.find(({ state }) => state === 'running')
  if (running === undefined) return run.view.message
  const title = stepTitle(running.step)
  return run.view.message.startsWith(title) ? run.view.message : `${title} (${run.view.message})`
}

function overdue(run: Run): { overdue?: { plannedMs: number; elapsedMs: number } } {
  const running = run.view.steps.find(({ state }) => state === 'running')
  const plannedMs = RUNBOOK_STEPS.find(({ step }) => step === running?.step)?.plannedMs
  if (running === undefined || plannedMs === undefined) return {}
  const elapsedMs = stepTimes(running, { now: Date.now(), gates: run.view.gates })?.workMs ?? 0
  // Work and people take their time at any time scale: it compresses what the run only waits for.
  return elapsedMs > plannedMs ? { overdue: { plannedMs, elapsedMs } } : {}
}
