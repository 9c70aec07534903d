import { isCancellation, patched } from '@temporalio/workflow'
import { defined } from '../contract/defined.js'
import { command, words } from '../contract/next-command.js'
import type { RunView } from '../contract/run.js'
import { endMessage } from '../runbook/end-message.js'
import { noteMessage } from '../runbook/messages.js'
import { record, slow } from './activities.js'
import { nearArchiveOf } from './archive-place.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'
import type { Ending } from './state.js'

/** Documentation Updates, whatever the outcome: people are told, and the report is written. */
export async function close(run: Run, ending: Ending): Promise<void> {
  // No checkpoint follows the end, whatever was planned.
  delete run.view.monitoring?.nextAt
  const view: RunView = {
    ...run.view,
    outcome: ending.outcome,
    success: ending.outcome === 'completed',
    message: ending.message,
    closedAt: now(),
  }
  if (ending.failure !== undefined) view.failure = ending.failure
  const well = ending.outcome === 'completed' || ending.outcome === 'completed-unhealthy'
  if (!well || patched('end-told')) {
    const { kind, text } = endMessage({ ...run.context, view, contacts: run.request.contacts })
    run.announcer.tell(kind, text)
  }
  const carriedOut = well || ending.outcome === 'rolled-back'
  const takenOver = carriedOut ? defined({ wentOnFrom: run.goesOnFrom }) : {}
  const { target, timeZone, monitoring } = run.request
  const report = {
    runKey: run.runKey,
    view,
    plan: run.plan,
    baseline: run.baseline,
    target,
    thresholds: monitoring.thresholds,
    timeZone,
    ...takenOver,
  }
  await run.finish(async () => {
    await sealArchives(run, takenOver)
    view.backup = run.view.backup
    await writeDown(run, 'report', () =>
      // It lets go of the archive, too.
      nearArchiveOf(run, (where) =>
        record.writeReport.executeWithOptions({ summary: 'Write the report', ...where }, [report]),
      ),
    )
    const adopted = run.request.files.filter(({ name }) => view.adopted?.includes(name) === true)
    const documents = { target, view, timeZone, ...(adopted.length > 0 ? { adopted } : {}) }
    await writeDown(run, 'documentation', () =>
      record.updateDocuments.executeWithOptions({ summary: 'Documentation updates' }, [documents]),
    )
  })
}

/**
 * The archives of the run are sealed where the charter says to whom: no step of it will read them. One that could not be stays readable,
 * which is told, and changes nothing of what is true.
 */
async function sealArchives(run: Run, takenOver: { wentOnFrom?: string }): Promise<void> {
  const { target } = run.request
  const { backup } = run.view
  if (target.backupRecipients === undefined || backup === null) return
  const readable = (why: string): void => {
    const title = `The archive ${backup.file} is not sealed`
    const details = [why, words`Seal it where it lies: ${command('backup seal')}`]
    run.announcer.tell('note', noteMessage({ ...run.context, title, details }))
  }
  try {
    const sealing = await run.audited(
      nearArchiveOf(run, (where) =>
        slow.sealArchives.executeWithOptions({ summary: 'Seal the archives', ...where }, [
          { target, runKey: run.runKey, ...takenOver },
        ]),
      ),
    )
    const [now] = [...sealing.sealed, ...sealing.already].filter(({ file }) => file === backup.file)
    if (now !== undefined) run.view.backup = { ...backup, ...now }
    else if (sealing.needed.includes(backup.file)) readable('Another run needs it, and seals it at its end.')
    else if (sealing.unreadable.includes(backup.file)) readable('It cannot be read.')
    else readable('It was not found by the worker that was to do it.')
  } catch (error) {
    if (isCancellation(error)) throw error
    readable(failureOf(error).message)
  }
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
