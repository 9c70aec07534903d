import { isCancellation } from '@temporalio/workflow'
import type { RunView } from '../contract/run.js'
import { emergencyMessage, noteMessage } from '../runbook/messages.js'
import { record } from './activities.js'
import { appliedByThisRun } from './apply.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'
import type { Ending } from './state.js'

/** Documentation Updates, whatever the outcome: people are told, and the report is written. */
export async function close(run: Run, ending: Ending): Promise<void> {
  if (ending.outcome !== 'completed') tellEnd(run, ending)
  const view: RunView = {
    ...run.view,
    outcome: ending.outcome,
    success: ending.outcome === 'completed',
    message: ending.message,
    closedAt: now(),
  }
  if (ending.failure !== undefined) view.failure = ending.failure
  const { target, timeZone, monitoring } = run.request
  const report = {
    runKey: run.runKey,
    view,
    plan: run.plan,
    baseline: run.baseline,
    target,
    thresholds: monitoring.thresholds,
    timeZone,
  }
  await run.finish(async () => {
    await writeDown(run, 'report', () =>
      record.writeReport.executeWithOptions({ summary: 'Write the report' }, [report]),
    )
    const documents = { target, view, timeZone }
    await writeDown(run, 'documentation', () =>
      record.updateDocuments.executeWithOptions({ summary: 'Documentation updates' }, [documents]),
    )
  })
}

/** What cannot be written is told, and changes nothing of what is true. */
export async function writeDown(
  run: Run,
  what: string,
  write: () => Promise<{ files: string[] }>,
): Promise<void> {
  try {
    const { files } = await write()
    run.view.artifacts.push(...files)
  } catch (error) {
    if (isCancellation(error)) throw error
    const title = `The ${what} could not be written`
    run.announcer.tell('note', noteMessage({ ...run.context, title, details: [failureOf(error).message] }))
  }
}

function tellEnd(run: Run, ending: Ending): void {
  const { failure, message, outcome } = ending
  // A failure while applying has had its alert.
  const alerted = run.view.announcements.some(({ kind }) => kind === 'emergency')
  if (failure !== undefined && !alerted) {
    const etaAt = Date.now() + run.scaled(run.request.updateEveryMs)
    const applied = appliedByThisRun(run).length
    const impact = `${applied} migrations are applied`
    const action = failure.advice === '' ? 'the run has ended' : failure.advice
    const { contacts } = run.request
    run.announcer.tell(
      'emergency',
      emergencyMessage({ ...run.context, issue: message, impact, action, etaAt, contacts }),
    )
    return
  }
  const details = run.view.migrations.map(({ name, state }) => `${name}: ${state}`)
  run.announcer.tell(
    'note',
    noteMessage({ ...run.context, title: `The run ended: ${outcome}. ${message}`, details }),
  )
}
