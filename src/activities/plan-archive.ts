import type { SlowActivities } from '../contract/activities.js'
import { defined } from '../contract/defined.js'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import { archivesAt, type ActivityContext } from './worker-place.js'

/** Asked on a worker that has the disk of the archive, before each file is applied on any of them. */
export async function checkArchive(
  here: ActivityContext,
  { backup }: Parameters<SlowActivities['checkArchive']>[0],
  { signal }: { signal: AbortSignal },
): ReturnType<SlowActivities['checkArchive']> {
  await demandArchive(here, backup, signal)
  return { place: archivesAt(here).place }
}

/** What people approved is what this archive said, and it is a way back. */
export async function demandArchive(
  here: ActivityContext,
  { file, sha256 }: { file: string; sha256: string },
  signal: AbortSignal,
): Promise<void> {
  try {
    await archivesAt(here).open(file, { sha256, signal })
  } catch (error) {
    if (!(error instanceof RunbookError) || error.type !== 'BackupInvalid') throw error
    throw new RunbookError('BackupInvalid', `The archive that the plan was rehearsed on: ${error.message}`, {
      advice: words`Begin again, with a new backup: ${command('start')}`,
      cause: error,
      ...defined({ details: error.details }),
    })
  }
}
