import { messageOf } from '../contract/failures.js'
import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import type { TellActivities } from '../contract/activities.js'
import { release } from '../d1/backup/holds.js'
import { readStatus } from '../analysis/status.js'
import { renderHtml } from '../runbook/report/html.js'
import { renderIncident } from '../runbook/report/incident.js'
import { renderMarkdown } from '../runbook/report/markdown.js'
import { PRIVATE_FILE } from '../process/private-files.js'
import { replaceFile } from './files.js'
import { runFolder, type ActivityContext } from './worker-place.js'

/** Documentation Updates: the report of the run, and the incident report where it went wrong. */
export async function writeReport(
  here: ActivityContext,
  { runKey, target: _target, ...report }: Parameters<TellActivities['writeReport']>[0],
): ReturnType<TellActivities['writeReport']> {
  const folder = runFolder(here, runKey)
  const files = [
    await writeWhole(folder, 'report.md', renderMarkdown(report)),
    await writeWhole(folder, 'report.html', renderHtml(report)),
  ]
  const { view } = report
  if (view.closedAt !== undefined) await release(here.target.backupDir, runKey)
  if (view.failure !== null || view.outcome === 'rolled-back') {
    files.push(await writeWhole(folder, 'incident.md', renderIncident(report)))
  }
  return { files }
}

/** Scenario 1's two files: what was read back from the database, and one line for the log. */
export async function writeFailureFiles(
  here: ActivityContext,
  input: Parameters<TellActivities['writeFailureFiles']>[0],
): ReturnType<TellActivities['writeFailureFiles']> {
  const { target } = here
  const folder = runFolder(here, input.runKey)
  const { view } = input
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
  const stateFile = await writeWhole(
    folder,
    'migration-failure-state.json',
    `${JSON.stringify(state, null, 2)}\n`,
  )
  const log = path.join(folder, 'migration-failure.log')
  const lines = view.migrations.map(
    ({ name, state, error }) => `  ${name}: ${state}${error === undefined ? '' : ` (${error})`}`,
  )
  await appendFile(log, [`Migration failed at ${at}`, ...lines, ''].join('\n'), { mode: PRIVATE_FILE })
  return { files: [stateFile, log] }
}

async function writeWhole(folder: string, name: string, content: string): Promise<string> {
  const file = path.join(folder, name)
  await replaceFile(file, content)
  return file
}
