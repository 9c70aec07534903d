import path from 'node:path'
import { activityInfo } from '@temporalio/activity'
import { readActivityInput, type ActivityInput } from '../contract/activity-inputs.js'
import type { AdmitActivities, RunbookActivities } from '../contract/activities.js'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import type { Target } from '../contract/target.js'
import { shortRunId } from '../contract/names.js'
import { archiveTime } from '../d1/backup/archive-names.js'
import { servedFor } from '../runbook/charter/admission.js'
import type { Served, Service } from '../runbook/charter/service.js'
import { archivesAt, contextFor, type ActivityContext, type WorkerHome } from './worker-place.js'

/** Activities of one database, which the charter must serve. */
export type TargetActivity = Exclude<keyof RunbookActivities, keyof AdmitActivities>

/** What came in, as loosely as the rules below need it. */
interface Fields {
  target: Target
  runKey?: string
  backup?: { file: string }
  current?: { file: string }
  rehearsedOn?: { file: string }
  permission?: { derivedFrom?: { backup: { file: string } } | undefined }
  view?: { workflowId: string; runId: string; environment: string; database: { id: string } }
  monitoring?: { timeScale: number }
  keep?: number
  held?: { by: string; files: string[] }
  archive?: string
}

/** An activity's input, read anew. Throws `NotAdmitted`. */
export function admitOwnInput<Name extends keyof RunbookActivities>(
  name: Name,
  value: unknown,
): ActivityInput<Name> {
  const read = readActivityInput(name, value)
  if (!read.ok) throw refusal(`${name} was asked with what it does not take: ${read.why}`)
  return read.input
}

/**
 * The one door of every activity that is about a database: its input is read anew, its target and all that is configuration become the
 * charter's, and what names a place must be one of this run and this database. Whoever scheduled the activity says nothing that
 * is believed. Throws `NotAdmitted`.
 */
export function admitInput<Name extends TargetActivity>(
  name: Name,
  value: unknown,
  { service, place }: { service: Service; place: WorkerHome },
): { here: ActivityContext; input: ActivityInput<Name>; served: Served } {
  const asked = admitOwnInput(name, value)
  const fields: Fields = asked
  const served = servedFor(service, fields.target)
  const { target } = served.environment
  const here = contextFor({ ...place, variables: served.variables }, target)
  demandOwnRun(fields, target)
  // Of these paths only the names count.
  for (const file of fields.held?.files ?? []) demandArchiveName(file, here.target)
  if (fields.archive !== undefined) demandArchiveName(fields.archive, here.target)
  for (const backup of [
    fields.backup,
    fields.current,
    fields.rehearsedOn,
    fields.permission?.derivedFrom?.backup,
  ])
    if (backup !== undefined) demandArchive(backup, here)
  return { here, served, input: { ...asked, ...configured(name, served, fields), target } }
}

/** What the charter says of each field that is configuration and no fact of one run. */
function configured(name: TargetActivity, { environment }: Served, fields: Fields): object {
  const { channels, monitoring, dashboardUrl, stagingEnvironment, recentBackupMs, keepBackups } = environment
  const { probes, thresholds } = monitoring
  switch (name) {
    case 'checkPrerequisites':
      return { channels, probes, dashboardUrl }
    case 'runChecklist':
      return { stagingEnvironment, recentBackupMs }
    case 'validateMigration':
      return { probes }
    case 'runCheckpoint':
      return { probes, thresholds }
    case 'writeReport':
      return { thresholds }
    case 'announce':
      return { channels }
    case 'takeBaseline':
      return { monitoring: { ...monitoring, timeScale: fields.monitoring?.timeScale ?? 1 } }
    case 'createBackup':
      // More may be kept than is configured, never less: an archive that somebody counts on must not go.
      return { keep: Math.max(keepBackups, fields.keep ?? 0) }
    default:
      return {}
  }
}

/** A workflow writes into its own run's folder, and tells of its own run. */
function demandOwnRun({ runKey, held, view }: Fields, { environment, database }: Target): void {
  const { workflowId, runId } = activityInfo().workflowExecution ?? { workflowId: '', runId: '' }
  for (const key of [runKey, held?.by])
    if (key !== undefined && !isOwnKey(key, { environment, workflowId, runId }))
      throw refusal(`${JSON.stringify(key)} is no folder of the run ${runId}`)
  if (view === undefined) return
  const own =
    view.workflowId === workflowId &&
    view.runId === runId &&
    view.environment === environment &&
    view.database.id === database.id
  if (!own) throw refusal(`What is to be written down is not of this run, ${workflowId} (${runId})`)
}

/** As the workflow `productionMigration` makes it; a scheduled backup has its workflow ID. */
function isOwnKey(
  runKey: string,
  { environment, workflowId, runId }: { environment: string; workflowId: string; runId: string },
): boolean {
  if (workflowId.startsWith('backup/') && runKey === workflowId.replaceAll('/', '_')) return true
  const [head, tail] = [`${environment}-`, `-${shortRunId(runId)}`]
  return (
    runKey.startsWith(head) &&
    runKey.endsWith(tail) &&
    /^\d{8}-\d{6}$/.test(runKey.slice(head.length, -tail.length))
  )
}

/** Where this worker puts the archives of this environment, under the name that it gives them. */
function demandArchive({ file }: { file: string }, here: ActivityContext): void {
  const archives = archivesAt(here)
  demandArchiveName(file, here.target)
  if (archives.owns(file)) return
  throw refusal(`${JSON.stringify(file)} is not in ${archives.place}`)
}

function demandArchiveName(file: string, { environment }: Target): void {
  if (!file.includes('\0') && archiveTime(environment, path.basename(file)) !== undefined) return
  throw refusal(`${JSON.stringify(file)} is no archive of ${environment}`)
}

export function refusal(message: string): RunbookError {
  return new RunbookError('NotAdmitted', `${message}.`, {
    advice: words`Nothing was done. See what this worker serves with ${command('charter')} in its project.`,
  })
}
