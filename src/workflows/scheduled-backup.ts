import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  log,
  patched,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow'
import type { SlowActivities } from '../contract/activities.js'
import type { Channel } from '../contract/announcement.js'
import type { BackupRecord } from '../contract/backup.js'
import { NON_RETRYABLE_FAILURES } from '../contract/failures.js'
import { noteMessage } from '../runbook/messages.js'
import { tell } from './activities.js'
import { zonedDateTime } from '../text/clock.js'
import { now } from './clock.js'
import { failureOf, mayPass } from './endings.js'
import { untilExportMayBegin } from './prepare.js'
import { command, placeOf, words, wordsAt, type Words } from '../contract/next-command.js'

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

/** The same, once: a failure is seen here, and told while it is tried again. */
const once = proxyActivities<Pick<SlowActivities, 'createBackup'>>({
  startToCloseTimeout: '60 minutes',
  heartbeatTimeout: '30 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { maximumAttempts: 1 },
})

const GIVEN_UP_AFTER_MS = 4 * 60 * 60_000
const FIRST_PAUSE_MS = 60_000
const LONGEST_PAUSE_MS = 30 * 60_000

/** One failure may be a hiccup; at the second, a minute later, people hear of it. */
const TOLD_AFTER = 2

export type ScheduledBackupInput = Parameters<SlowActivities['createBackup']>[0] & {
  /** Who hears of a backup that could not be made. Absent: a schedule from before there was this field. */
  channels?: Channel[]
  /** IANA zone of the times that they are told. Absent: UTC. */
  timeZone?: string
}

/**
 * The verified backup that `backup schedule` asks for: what the checklist's "recent backup" then finds. One that
 * could not be made is told to people before the workflow fails: a schedule that fails in silence is no backup.
 */
export async function scheduledBackup({
  channels = [],
  timeZone = 'UTC',
  ...request
}: ScheduledBackupInput): Promise<BackupRecord> {
  try {
    await untilExportMayBegin(request.target, (opensAt) =>
      log.info('Waiting for the hours of exports', { opensAt }),
    )
    const { commands: _audited, ...record } = patched('told-while-it-is-tried')
      ? await untilMade(request, { channels, timeZone })
      : await createBackup(request)
    return record
  } catch (error) {
    if (!isCancellation(error) && channels.length > 0) {
      await CancellationScope.nonCancellable(() => tellOfFailure(request, channels, error))
    }
    throw error
  }
}

/** Tries for hours, until the network is back, the disk has room or the writers rest; says so within minutes. */
async function untilMade(
  request: Omit<ScheduledBackupInput, 'channels' | 'timeZone'>,
  { channels, timeZone }: { channels: Channel[]; timeZone: string },
): ReturnType<typeof once.createBackup> {
  const begun = Date.now()
  for (let number = 1; ; number += 1) {
    try {
      const made = await once.createBackup(request)
      if (number > TOLD_AFTER && channels.length > 0) await tellOfSuccess(request, channels, number)
      return made
    } catch (error) {
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (number - 1))
      const over = Date.now() + pauseMs - begun > GIVEN_UP_AFTER_MS
      if (isCancellation(error) || over || !mayPass(error)) throw error
      if (number === TOLD_AFTER && channels.length > 0) {
        const again = `Tried ${number} times; it is tried again until ${zonedDateTime(begun + GIVEN_UP_AFTER_MS, timeZone)}`
        await tellOfFailure(request, channels, error, again)
      }
      await sleep(pauseMs, { summary: 'Next try of the backup' })
    }
  }
}

async function tellOfFailure(
  { target }: Pick<ScheduledBackupInput, 'target'>,
  channels: Channel[],
  error: unknown,
  again?: string,
): Promise<void> {
  const { environment, database, accountId } = target
  const { message, advice } = failureOf(error)
  const text = noteMessage({
    ...{ environment, database, accountId },
    icon: '🚨',
    title: `The scheduled backup of ${database.name} (${environment}) ${again === undefined ? 'failed' : 'fails'}`,
    details: [
      message,
      ...(advice === '' ? [] : [advice]),
      ...(again === undefined ? [] : [again]),
      words`Make one by hand: ${command('backup')}`,
    ],
  })
  await send(target, channels, { kind: 'emergency', text, id: again === undefined ? 'failed' : 'fails' })
}

async function tellOfSuccess(
  { target }: Pick<ScheduledBackupInput, 'target'>,
  channels: Channel[],
  tries: number,
): Promise<void> {
  const { environment, database, accountId } = target
  const title = `The scheduled backup of ${database.name} (${environment}) was made after all`
  const details = [`At try ${tries}`]
  const text = noteMessage({ ...{ environment, database, accountId }, title, details })
  await send(target, channels, { kind: 'note', text, id: 'made' })
}

async function send(
  target: ScheduledBackupInput['target'],
  channels: Channel[],
  { kind, text, id }: { kind: 'emergency' | 'note'; text: Words; id: string },
): Promise<void> {
  const { workflowId, runId } = workflowInfo()
  const note = { kind, text: wordsAt(placeOf(target), text), at: now(), dedupeId: `${runId}/${id}` }
  try {
    await tell.announce.executeWithOptions({ summary: 'Tell of the backup' }, [
      { runKey: workflowId.replaceAll('/', '_'), target, channels, message: note },
    ])
  } catch {
    // The failed workflow itself is left to be found: a dead channel must not hide its cause.
  }
}
