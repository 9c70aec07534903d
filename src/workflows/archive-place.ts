import { ActivityFailure, ApplicationFailure, TimeoutFailure, workflowInfo } from '@temporalio/workflow'
import type { BackupRecord } from '../contract/backup.js'
import { diskQueue } from '../contract/names.js'
import { command, words } from '../contract/next-command.js'
import type { Target } from '../contract/target.js'
import { formatDuration } from '../text/duration.js'
import { detailsOf, failureOf } from './endings.js'
import type { Run } from './run.js'

/** A worker that is being replaced, with its disk, is back by then. */
const WAIT_MS = 10 * 60_000
/** For what any worker can do, though one that has the archive does it better. */
const ASK_MS = 60_000

/** Options of an activity that sends it to the workers of a disk; empty: to any worker. */
export interface Where {
  taskQueue?: string
  scheduleToStartTimeout?: number
}

/**
 * Does what reads this archive, where it lies.
 * @throws ArchiveAway where no worker with its disk took the work: it has not begun, or whoever began it is gone
 */
export async function atArchive<T>(
  { target }: { target: Target },
  { disk, file }: Pick<BackupRecord, 'disk' | 'file'>,
  work: (where: Where) => Promise<T>,
): Promise<T> {
  if (disk === undefined) return work({})
  const waitMs = target.archiveWaitMs ?? WAIT_MS
  try {
    return await work(onDisk(disk, waitMs))
  } catch (error) {
    if (!isNotTaken(error)) throw error
    throw ApplicationFailure.create({
      type: 'ArchiveAway',
      message: `${file} lies on the disk ${disk} of a worker, and for ${formatDuration(waitMs)} no worker that has this disk took the work`,
      nonRetryable: true,
      details: [
        {
          archive: file,
          advice: words`start the worker that has it, or let all workers share a storage; then: ${command('start')}`,
        },
      ],
    })
  }
}

/** Does it where the archive lies, if anybody is there; else anywhere. */
export async function nearArchive<T>(
  { target }: { target: Target },
  { disk }: Pick<BackupRecord, 'disk'>,
  work: (where: Where) => Promise<T>,
): Promise<T> {
  if (disk === undefined) return work({})
  try {
    return await work(onDisk(disk, Math.min(ASK_MS, target.archiveWaitMs ?? WAIT_MS)))
  } catch (error) {
    if (!isNotTaken(error)) throw error
    return work({})
  }
}

/** See {@link nearArchive}: the archive that this run goes by, as far as there is one. */
export function nearArchiveOf<T>(
  { request, view }: Pick<Run, 'request' | 'view'>,
  work: (where: Where) => Promise<T>,
): Promise<T> {
  return nearArchive(request, view.backup ?? {}, work)
}

function onDisk(disk: string, waitMs: number): Where {
  return { taskQueue: diskQueue(workflowInfo().taskQueue, disk), scheduleToStartTimeout: waitMs }
}

export function isArchiveAway(error: unknown): boolean {
  return failureOf(error).type === 'ArchiveAway'
}

/** What a failure says of the archive of before, where it is about that one; undefined for any other. */
export function whyNoArchive({ view }: Run, error: unknown): string | undefined {
  const { type, message } = failureOf(error)
  const named = detailsOf(error)['archive']
  const about = type === 'BackupInvalid' || type === 'ArchiveAway'
  return about && named !== undefined && named === view.backup?.file ? message : undefined
}

function isNotTaken(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  )
}
