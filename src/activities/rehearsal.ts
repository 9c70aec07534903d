import { defined } from '../contract/defined.js'
import { rehearseInOwnProcess } from '../analysis/rehearse/in-own-process.js'
import type { RehearseInput } from '../analysis/rehearse/rehearse.js'
import type { BackupRecord } from '../contract/backup.js'
import type { Plan } from '../contract/plan.js'
import { restoreDatabase } from '../d1/backup/restore.js'
import { knownWrangler } from '../d1/wrangler/wrangler.js'
import { scratchFolder } from '../process/scratch-folder.js'
import type { ActivityContext } from './worker-place.js'

/** How an activity that rehearses is ended, and what it tells meanwhile. */
export interface Rehearsing {
  signal: AbortSignal
  onProgress: (message: string) => void
}

/** Rehearses on the restored backup, in a folder that is gone afterwards. */
export async function rehearseOnCopy(
  { target }: ActivityContext,
  backup: BackupRecord,
  input: Pick<
    RehearseInput,
    | 'files'
    | 'applied'
    | 'candidates'
    | 'queries'
    | 'traffic'
    | 'wholeCopy'
    | 'checksums'
    | 'overlooked'
    | 'onProgress'
  > & { signal: AbortSignal; present?: BackupRecord | undefined },
): Promise<Plan> {
  const { folder: to, remove } = await scratchFolder('rehearsal')
  try {
    const { database: databaseFile } = await restoreDatabase({ file: backup.file, to, signal: input.signal })
    const { present, ...rest } = input
    const presentFile =
      present === undefined
        ? undefined
        : (await restoreDatabase({ file: present.file, to: `${to}/present`, signal: input.signal })).database
    const { environment, database, migrationsTable } = target
    const wrangler = await knownWrangler(target.projectDir)
    return await rehearseInOwnProcess({
      ...{ ...rest, databaseFile, environment, database, migrationsTable },
      ...defined({ wrangler, presentFile }),
    })
  } finally {
    await remove()
  }
}
