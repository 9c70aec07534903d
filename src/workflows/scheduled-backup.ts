import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow'
import type { SlowActivities } from '../contract/activities.js'
import type { BackupRecord } from '../contract/backup.js'
import { NON_RETRYABLE_FAILURES } from '../contract/failures.js'

/** Nobody watches at night: it is tried over hours, until the network is back, the disk has room or the writers rest. */
const { createBackup } = proxyActivities<Pick<SlowActivities, 'createBackup'>>({
  startToCloseTimeout: '60 minutes',
  scheduleToCloseTimeout: '12 hours',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '1 minute',
    maximumInterval: '30 minutes',
    nonRetryableErrorTypes: NON_RETRYABLE_FAILURES,
  },
})

export type ScheduledBackupInput = Parameters<SlowActivities['createBackup']>[0]

/** The verified backup that `d1-runbook backup schedule` asks for: what the checklist's "recent backup" then finds. */
export async function scheduledBackup(input: ScheduledBackupInput): Promise<BackupRecord> {
  const { commands: _audited, ...record } = await createBackup(input)
  return record
}
