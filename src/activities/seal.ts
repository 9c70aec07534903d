import type { SlowActivities } from '../contract/activities.js'
import { defined } from '../contract/defined.js'
import { sealArchives } from '../d1/backup/backup.js'
import type { Beat } from './as-activity.js'
import { archivesAt, type ActivityContext } from './worker-place.js'

/** The run is at its end: nothing of it will read its archives any more. */
export async function seal(
  here: ActivityContext,
  { runKey, wentOnFrom }: Parameters<SlowActivities['sealArchives']>[0],
  { signal, beat }: { signal: AbortSignal; beat: Beat },
): ReturnType<SlowActivities['sealArchives']> {
  const recipients = here.target.backupRecipients ?? []
  if (recipients.length === 0) return { sealed: [], already: [], needed: [], unreadable: [] }
  return sealArchives({
    archives: archivesAt(here),
    run: runKey,
    ...defined({ wentOnFrom }),
    recipients,
    signal,
    onProgress: beat,
  })
}
