import { OWN_NAME } from '../contract/names.js'
import { isCancellation, patched } from '@temporalio/workflow'
import type { BackupRecord } from '../contract/backup.js'
import { defined } from '../contract/defined.js'
import type { SavedState } from '../contract/run.js'
import { noteMessage } from '../runbook/messages.js'
import { safetyCopyText } from '../runbook/migration-state.js'
import { readOnce, slow } from './activities.js'
import { nearArchiveOf } from './archive-place.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'

/** Beside the bookmark of now, which holds what was written since, a backup that was made for this decision is copy enough. Milliseconds. */
const FRESH_MS = 15 * 60_000

/**
 * Saves what a database holds before it is taken back: the bookmark of now, which misses nothing, and an archive that does not
 * depend on Time Travel: without a bookmark one that is made now, behind the decision. `archived: 'without-bookmark'` spares a remote database the export, during which it answers nobody: for a
 * way back that leaves the history of Time Travel as it is. A local one is kept aside as a file by the restore itself.
 * @throws what reading the bookmark throws, and the failure of the archive where there is no bookmark either
 */
export async function savePresentState(
  run: Run,
  current: BackupRecord | undefined,
  archived: 'always' | 'without-bookmark' = 'always',
): Promise<SavedState> {
  const { target } = run.request
  const { bookmark } = await run.audited(
    readOnce.readBookmark.executeWithOptions({ summary: 'Bookmark of before the way back' }, [{ target }]),
  )
  const at = now()
  const archive =
    archived === 'always' || bookmark === undefined
      ? await archiveOf(run, current, bookmark !== undefined)
      : undefined
  const copy = { at, ...defined({ bookmark, file: archive?.file, fileAt: archive?.createdAt }) }
  tellSafetyCopy(run, copy)
  return copy
}

/** Whoever regrets the restore finds here what it replaced. */
export function tellSafetyCopy(run: Run, copy: SavedState): void {
  const { safetyCopy } = run.view
  if (safetyCopy === undefined) run.view.safetyCopy = copy
  else {
    const { earlier = [], ...last } = safetyCopy
    run.view.safetyCopy = { ...copy, earlier: [...earlier, last] }
  }
  if (copy.file !== undefined && !run.view.artifacts.includes(copy.file)) run.view.artifacts.push(copy.file)
  const details = [safetyCopyText(run.view.safetyCopy, run.request.timeZone)]
  const title = 'The state that the rollback replaces is saved'
  run.announcer.tell('note', noteMessage({ ...run.context, title, details }))
}

/** An archive that this run names must not make room for its next one, nor for one of somebody else's. */
export function keptBackup({
  request,
  view,
  runKey,
}: Run): Pick<Parameters<typeof slow.createBackup>[0], 'keep' | 'held'> {
  const named = [view.backup?.file ?? [], view.artifacts.filter((file) => file.endsWith('.zip'))].flat()
  return { keep: request.keepBackups, held: { by: runKey, files: [...new Set(named)] } }
}

/** Undefined where it failed, and a bookmark is there instead. */
async function archiveOf(
  run: Run,
  current: BackupRecord | undefined,
  bookmarked: boolean,
): Promise<Pick<BackupRecord, 'file' | 'createdAt'> | undefined> {
  const fresh = current !== undefined && Date.now() - Date.parse(current.createdAt) < FRESH_MS
  // People may have decided minutes after it, and what others wrote meanwhile would be in nothing. Runs that began before this took it.
  const enough = (): boolean =>
    bookmarked || !patched(`saved-behind-decision-${run.view.announcements.length}`)
  if (fresh && enough()) return current
  const { target, files } = run.request
  run.say('rollback', 'the present state is being saved')
  try {
    return await run.audited(
      nearArchiveOf(run, (where) =>
        slow.createBackup.executeWithOptions({ summary: 'Safety copy of before the restore', ...where }, [
          { target, files, urgent: true, ...keptBackup(run) },
        ]),
      ),
    )
  } catch (error) {
    if (isCancellation(error) || !bookmarked) throw error
    const note = `The safety copy failed, only the bookmark is there: ${failureOf(error).message}`
    run.view.observations.push({ note, actor: OWN_NAME, at: now() })
    return undefined
  }
}
