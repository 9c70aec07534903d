import { messageOf } from '../contract/failures.js'
import type { TellActivities } from '../contract/activities.js'
import type { RunView } from '../contract/run.js'
import { readStatus } from '../analysis/status.js'
import { renderHtml } from '../runbook/report/html.js'
import { renderIncident } from '../runbook/report/incident.js'
import { renderMarkdown } from '../runbook/report/markdown.js'
import { isUnproven } from '../runbook/migration-state.js'
import { keepDocument, readDocument } from './run-files.js'
import { archivesAt, type ActivityContext } from './worker-place.js'

/** Documentation Updates: the report of the run, and the incident report where it went wrong. */
export async function writeReport(
  here: ActivityContext,
  { runKey, wentOnFrom, target: _target, ...report }: Parameters<TellActivities['writeReport']>[0],
): ReturnType<TellActivities['writeReport']> {
  const files = [
    await keepDocument(here, { runKey, name: 'report.md' }, renderMarkdown(report)),
    await keepDocument(here, { runKey, name: 'report.html' }, renderHtml(report)),
  ]
  const { view } = report
  if (view.closedAt !== undefined) {
    const archives = archivesAt(here)
    await archives.release(runKey)
    if (wentOnFrom !== undefined) await archives.release(wentOnFrom)
  }
  if (wentWrong(view)) {
    files.push(await keepDocument(here, { runKey, name: 'incident.md' }, renderIncident(report)))
  }
  return { files }
}

/** Also where people stopped the run, and kept what a migration that failed had left. */
function wentWrong({ failure, outcome, migrations, rollbackTries = [] }: RunView): boolean {
  const half = migrations.some(
    ({ error, state }) => error !== undefined || state === 'absent' || isUnproven(state),
  )
  return failure !== null || outcome === 'rolled-back' || rollbackTries.length > 0 || half
}

/** Scenario 1's two files: what was read back from the database, and one line for the log. */
export async function writeFailureFiles(
  here: ActivityContext,
  input: Parameters<TellActivities['writeFailureFiles']>[0],
): ReturnType<TellActivities['writeFailureFiles']> {
  const { target } = here
  const { view, runKey } = input
  const status = await readStatus({ target, files: input.files }).then(
    (read) => ({ success: true, ...read }),
    (error: unknown) => ({ success: false, error: messageOf(error) }),
  )
  const at = new Date().toISOString()
  const state = {
    at,
    workflowId: view.workflowId,
    runId: view.runId,
    planHash: view.planHash,
    migrations: view.migrations,
    status,
  }
  const stateFile = await keepDocument(
    here,
    { runKey, name: 'migration-failure-state.json' },
    `${JSON.stringify(state, null, 2)}\n`,
  )
  const log = { runKey, name: 'migration-failure.log' }
  const lines = view.migrations.map(
    ({ name, state, error }) => `  ${name}: ${state}${error === undefined ? '' : ` (${error})`}`,
  )
  const before = (await readDocument(here, log)) ?? ''
  const logFile = await keepDocument(
    here,
    log,
    [`${before}Migration failed at ${at}`, ...lines, ''].join('\n'),
  )
  return { files: [stateFile, logFile] }
}
