import type { Context } from '../../config/context.js'
import { storeOf } from '../../config/store.js'
import { words, type Words } from '../../contract/next-command.js'

/** The run that an archive was left held by, as far as this machine can see; undefined where none is seen. Only while no run is under way. */
export async function leftUnfinished(context: Context): Promise<Words | undefined> {
  const { archivesOf } = await import('../../d1/backup/archives-of.js')
  const { newestHeld } = await import('../../d1/backup/newest-held.js')
  const { unfinishedRun } = await import('../../runbook/unfinished-run.js')
  try {
    const held = await newestHeld(archivesOf(context.target, await storeOf(context)))
    if (held === undefined) return undefined
    const { message, advice } = unfinishedRun(held)
    return words`Unfinished: ${message}. ${advice}`
  } catch {
    // Seen beside what was asked for: archives that cannot be read here are another command's matter.
    return undefined
  }
}
