import { command, words } from '../../contract/next-command.js'
import { takeFileLock } from '../sqlite/file-lock.js'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { RunbookError } from '../../contract/failures.js'
import type { Target } from '../../contract/target.js'
import { pathBelow } from '../../process/below.js'
import { endGroup } from '../../process/process-group.js'
import { targetFile } from '../read/local-reader.js'

/** The right to change one database from this machine. */
export interface Lease {
  /** Records the process group that works under this lease, for whoever comes after a crash. */
  remember(leader: number): void
  release(): void
}

/**
 * Takes the lease of the target's database, or throws `DatabaseLocked` (retryable) when another apply holds it; it ends with
 * the worker. A command that outlived a dead worker is ended first: only then is the database's state final. `root`: for the
 * notes of a remote database; those of a local one lie beside its file, which two projects may share, and one may have by two paths.
 */
export async function takeLease(target: Target, root: string): Promise<Lease> {
  const { folder, name } = leasePlace(target, root)
  const lock = takeFileLock(pathBelow(folder, `${name}.lock`))
  if (lock === undefined) throw leased(target)
  try {
    const groupFile = pathBelow(folder, `${name}.group`)
    await endOrphan(groupFile)
    return {
      remember: (leader) => writeFileSync(groupFile, String(leader)),
      release: () => {
        rmSync(groupFile, { force: true })
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

function leasePlace(target: Target, root: string): { folder: string; name: string } {
  const { accountId = '', database } = target
  if (!database.remote) {
    const file = realFile(targetFile(target))
    return { folder: dirname(file), name: `.d1-runbook-${basename(file)}` }
  }
  const name = createHash('sha256')
    .update(JSON.stringify([database.id, database.remote, accountId]))
    .digest('hex')
    .slice(0, 32)
  return { folder: pathBelow(root, 'leases'), name }
}

/** By its links, as far as they are there: a database that Wrangler has not made yet has a folder at best. */
function realFile(file: string): string {
  if (existsSync(file)) return realpathSync(file)
  const folder = dirname(file)
  return folder === file ? file : join(realFile(folder), basename(file))
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
