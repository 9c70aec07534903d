import { isCancellation } from '@temporalio/workflow'
import { slow } from './activities.js'
import { nearArchiveOf } from './archive-place.js'
import type { Run } from './run.js'
import { keptBackup } from './safety-copy.js'

/** Keeps archives and files of a run that waits for weeks, whoever makes backups beside it. What could not be kept is tried again in a week; people decide all the same. */
export async function keepNeeds(run: Run): Promise<void> {
  const { target, bundle } = run.request
  const archives = keptBackup(run).held?.files ?? []
  try {
    await run.audited(
      nearArchiveOf(run, (where) =>
        slow.keepNeeds.executeWithOptions({ summary: 'Keep what this run needs', ...where }, [
          { target, runKey: run.runKey, archives, bundle },
        ]),
      ),
    )
  } catch (error) {
    if (isCancellation(error)) throw error
  }
}
