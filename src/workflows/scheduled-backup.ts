import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow'
import type { SlowActivities } from '../contract/activities.js'
import type { Channel } from '../contract/announcement.js'
import type { BackupRecord } from '../contract/backup.js'
import { NON_RETRYABLE_FAILURES } from '../contract/failures.js'
import { noteMessage } from '../runbook/messages.js'
import { tell } from './activities.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import { command, words } from '../contract/next-command.js'

/** Nobody watches at night: it is tried over hours, until the network is back, the disk has room or the writers rest. */
const { createBackup } = proxyActivities<Pick<SlowActivities, 'createBackup'>>({
  startToCloseTimeout: '60 minutes',
  scheduleToCloseTimeout: '4 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '1 minute',
    maximumInterval: '30 minutes',
    nonRetryableErrorTypes: NON_RETRYABLE_FAILURES,
  },
})

export type ScheduledBackupInput = Parameters<SlowActivities['createBackup']>[0] & {
  /** Who hears of a backup that could not be made. Absent: a schedule from before there was this field. */
  channels?: Channel[]
}

/**
 * The verified backup that `backup schedule` asks for: what the checklist's "recent backup" then finds. One that
 * could not be made is told to people before the workflow fails: a schedule that fails in silence is no backup.
 */
export async function scheduledBackup({
  channels = [],
  ...request
}: ScheduledBackupInput): Promise<BackupRecord> {
  try {
    const { commands: _audited, ...record } = await createBackup(request)
    return record
  } catch (error) {
    if (!isCancellation(error) && channels.length > 0) {
      await CancellationScope.nonCancellable(() => tellOfFailure(request, channels, error))
    }
    throw error
  }
}

async function tellOfFailure(
  { target }: ScheduledBackupInput,
  channels: Channel[],
  error: unknown,
): Promise<void> {
  const { environment, database, accountId } = target
  const { workflowId, runId } = workflowInfo()
  const { message, advice } = failureOf(error)
  const text = noteMessage({
    ...{ environment, database, accountId },
    icon: '🚨',
    title: `The scheduled backup of ${database.name} (${environment}) failed`,
    details: [message, ...(advice === '' ? [] : [advice]), words`Make one by hand: ${command('backup')}`],
  })
  const note = { kind: 'emergency' as const, text, at: now(), dedupeId: `${runId}/failed` }
  try {
    await tell.announce.executeWithOptions({ summary: 'The backup failed' }, [
      { runKey: workflowId.replaceAll('/', '_'), target, channels, message: note },
    ])
  } catch {
    // The failed workflow itself is left to be found: a dead channel must not hide its cause.
  }
}
