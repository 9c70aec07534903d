import { defined } from '../contract/defined.js'
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleDescription,
} from '@temporalio/client'
import { backupScheduleId, WORKFLOW_TYPES } from '../contract/names.js'
import type { ScheduledBackupInput } from '../workflows/scheduled-backup.js'

export interface BackupSchedule {
  scheduleId: string
  /** Milliseconds between two backups. */
  everyMs: number
  paused: boolean
  /** ISO 8601. */
  nextAt?: string
  /** Newest first. */
  recent: { workflowId: string; startedAt: string }[]
}

export interface BackupScheduleRequest {
  input: ScheduledBackupInput
  everyMs: number
  taskQueue: string
}

/**
 * Makes Temporal back the database up again and again, through the worker; changes the schedule that there is. Counted from
 * midnight UTC. One backup at a time: one that is due while another runs is left out.
 */
export async function scheduleBackups(
  client: Client,
  request: BackupScheduleRequest,
): Promise<BackupSchedule> {
  const { environment, database } = request.input.target
  const scheduleId = backupScheduleId(environment, database.id)
  const options = scheduleOptions(scheduleId, request)
  try {
    await client.schedule.create({ scheduleId, ...options })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
    // A person may have paused it, for a reason that still holds.
    await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...options, state }))
  }
  return described(await client.schedule.getHandle(scheduleId).describe())
}

/** The schedule of this database; undefined when there is none. */
export async function findBackupSchedule(
  client: Client,
  scheduleId: string,
): Promise<BackupSchedule | undefined> {
  try {
    return described(await client.schedule.getHandle(scheduleId).describe())
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  }
}

/** Of every database of the namespace. */
export async function listBackupSchedules(client: Client): Promise<BackupSchedule[]> {
  const found: BackupSchedule[] = []
  for await (const { scheduleId, action } of client.schedule.list()) {
    if (action?.workflowType !== WORKFLOW_TYPES.backup) continue
    const schedule = await findBackupSchedule(client, scheduleId)
    if (schedule !== undefined) found.push(schedule)
  }
  return found.sort((a, b) => a.scheduleId.localeCompare(b.scheduleId))
}

/** Begins a backup now, but for one that runs already. False when there is no schedule. */
export async function triggerBackup(client: Client, scheduleId: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(scheduleId).trigger(ScheduleOverlapPolicy.SKIP)
    return true
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false
    throw error
  }
}

/** False when there was none. Archives stay. */
export async function removeBackupSchedule(client: Client, scheduleId: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(scheduleId).delete()
    return true
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false
    throw error
  }
}

function scheduleOptions(workflowId: string, { input, everyMs, taskQueue }: BackupScheduleRequest) {
  const { environment, database } = input.target
  return {
    spec: { intervals: [{ every: everyMs }] },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      // After an outage one backup is made up for: the newest data matters, not the number of archives.
      catchupWindow: everyMs,
    },
    action: {
      type: 'startWorkflow' as const,
      workflowType: WORKFLOW_TYPES.backup,
      workflowId,
      taskQueue,
      args: [input],
      staticSummary: `Back up ${database.name} (${environment})`,
    },
  }
}

function described({ scheduleId, spec, state, info }: ScheduleDescription): BackupSchedule {
  const [next] = info.nextActionTimes
  return {
    scheduleId,
    everyMs: spec.intervals?.[0]?.every ?? 0,
    paused: state.paused,
    ...defined({ nextAt: next?.toISOString() }),
    recent: info.recentActions
      .map(({ takenAt, action }) => ({
        workflowId: action.workflow.workflowId,
        startedAt: takenAt.toISOString(),
      }))
      .reverse(),
  }
}
