import { isCancellation, patched } from '@temporalio/workflow'
import type { BackupRecord } from '../contract/backup.js'
import { defined } from '../contract/defined.js'
import { OWN_NAME } from '../contract/names.js'
import { noteMessage } from '../runbook/messages.js'
import { slow } from './activities.js'
import { nearArchiveOf } from './archive-place.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { Incident } from './rollback.js'
import type { Run } from './run.js'
import { keptBackup } from './safety-copy.js'

/** Nobody waits for it to hear of the issue; runs that began before this made it first. Each incident has a place of its own in the history. */
export async function backupOfNow(
  run: Run,
): Promise<{ said: string; made: Pick<Incident, 'current' | 'backUp'> }> {
  if (patched(`alarm-before-backup-${run.view.announcements.length}`))
    return { said: 'an immediate backup is being made', made: { backUp: () => toldBackup(run) } }
  const current = await backUpNow(run)
  const said = current === undefined ? 'the immediate backup failed' : 'an immediate backup was made'
  return { said, made: defined({ current }) }
}

async function toldBackup(run: Run): Promise<BackupRecord | undefined> {
  run.say(run.view.phase, 'a backup of now is being made, before the decision')
  const current = await backUpNow(run)
  if (current !== undefined) return current
  const title = 'The immediate backup failed: people decide without it'
  const details = run.view.observations.slice(-1).map(({ note }) => note)
  run.announcer.tell('note', noteMessage({ ...run.context, title, details }))
  return undefined
}

/** Undefined where it failed: that must not keep people from deciding. */
async function backUpNow(run: Run): Promise<BackupRecord | undefined> {
  const { target, files } = run.request
  try {
    const backup = await run.audited(
      nearArchiveOf(run, (where) =>
        slow.createBackup.executeWithOptions({ summary: 'Backup of the state with the issue', ...where }, [
          { target, files, urgent: true, ...keptBackup(run) },
        ]),
      ),
    )
    run.view.artifacts.push(backup.file)
    return backup
  } catch (error) {
    if (isCancellation(error)) throw error
    run.view.observations.push({
      note: `The backup after the issue failed: ${failureOf(error).message}`,
      actor: OWN_NAME,
      at: now(),
    })
    return undefined
  }
}
