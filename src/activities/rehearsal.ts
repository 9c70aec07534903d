import { defined } from '../contract/defined.js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { rehearseInOwnProcess } from '../analysis/rehearse/in-own-process.js'
import type { RehearseInput } from '../analysis/rehearse/rehearse.js'
import type { BackupRecord } from '../contract/backup.js'
import type { Plan } from '../contract/plan.js'
import { restoreDatabase } from '../d1/backup/restore.js'
import { knownWrangler } from '../d1/wrangler/wrangler.js'
import type { ActivityContext } from './worker-place.js'

/** Rehearses on the restored backup, in a folder that is gone afterwards. */
export async function rehearseOnCopy(
  { target }: ActivityContext,
  backup: BackupRecord,
  input: Pick<RehearseInput, 'files' | 'applied' | 'queries' | 'checksums' | 'overlooked' | 'onProgress'> & {
    signal: AbortSignal
  },
): Promise<Plan> {
  const to = await mkdtemp(path.join(tmpdir(), 'd1-runbook-rehearsal-'))
  try {
    const { database: databaseFile } = await restoreDatabase({ file: backup.file, to, signal: input.signal })
    const { environment, database, migrationsTable } = target
    const wrangler = await knownWrangler(target.projectDir)
    return await rehearseInOwnProcess({
      ...{ ...input, databaseFile, environment, database, migrationsTable },
      ...defined({ wrangler }),
    })
  } finally {
    await rm(to, { recursive: true, force: true, maxRetries: 3 })
  }
}
