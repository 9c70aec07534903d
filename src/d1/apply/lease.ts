import { command, words } from '../../contract/next-command.js'
import { takeFileLock } from '../sqlite/file-lock.js'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RunbookError } from '../../contract/failures.js'
import type { Target } from '../../contract/target.js'
import { endGroup } from '../../process/process-group.js'

/** The right to change one database from this machine. */
export interface Lease {
  /** Records the process group that works under this lease, for whoever comes after a crash. */
  remember(leader: number): void
  release(): void
}

/**
 * Takes the lease of the target's database, or throws `DatabaseLocked` (retryable) when another apply holds it; it ends with
 * the worker. A command that outlived a dead worker is ended first: only then is the database's state final.
 */
export async function takeLease(target: Target, root: string): Promise<Lease> {
  const folder = join(root, 'leases')
  const name = leaseName(target)
  const lock = takeFileLock(join(folder, `${name}.lock`))
  if (lock === undefined) throw leased(target)
  const groupFile = join(folder, `${name}.group`)
  await endOrphan(groupFile)
  return {
    remember: (leader) => writeFileSync(groupFile, String(leader)),
    release: () => {
      rmSync(groupFile, { force: true })
      lock.release()
    },
  }
}

function leaseName({ accountId = '', database, persistTo = '' }: Target): string {
  const place = database.remote ? accountId : persistTo
  return createHash('sha256')
    .update(JSON.stringify([database.id, database.remote, place]))
    .digest('hex')
    .slice(0, 32)
}

function leased(target: Target): RunbookError {
  return new RunbookError(
    'DatabaseLocked',
    `Another apply on ${target.database.name} is running on this machine.`,
    {
      advice: words`Wait for it to end: ${command('list')} shows it.`,
    },
  )
}

/** The group's number may have been given to somebody else since: only what still looks like Wrangler is ended. */
async function endOrphan(groupFile: string): Promise<void> {
  if (!existsSync(groupFile)) return
  const leader = Number(readFileSync(groupFile, 'utf8'))
  if (Number.isInteger(leader) && leader > 1) await endGroup(leader, { only: /wrangler|workerd/ })
  rmSync(groupFile, { force: true })
}
