import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import { claimDevRecord, discardDevRecord, readDevRecord, type DevRecord } from './dev-record.js'
import { commandLineOf, isAlive } from './process-identity.js'

const END_LIMIT_MS = 10_000
const CLAIM_TRIES = 5

/**
 * Makes this process the only one that runs a server for the project. A record whose owner died is cleared, and the
 * server that it left behind ended, once its command line proved to be ours.
 * Throws `AlreadyRunning` with address and UI of the running one.
 */
export async function claimProject(
  projectDir: string,
  record: DevRecord,
  say: (line: string) => void,
): Promise<void> {
  for (let attempt = 1; attempt <= CLAIM_TRIES; attempt += 1) {
    if (claimDevRecord(projectDir, record)) return
    const other = readDevRecord(projectDir)
    if (other !== undefined && isAlive(other.ownerPid)) throw alreadyRunning(other)
    if (!discardDevRecord(projectDir, other)) continue
    if (other?.pid !== undefined) await endOrphan(other.pid, say)
  }
  throw new Error(`the record of ${projectDir} changes faster than it can be claimed`)
}

async function endOrphan(pid: number, say: (line: string) => void): Promise<void> {
  if (!isAlive(pid) || !isOurServer(await commandLineOf(pid))) return
  say(`ending the Temporal server (process ${pid}) that an earlier run left behind`)
  process.kill(pid, 'SIGTERM')
  for (const limit = Date.now() + END_LIMIT_MS; isAlive(pid); await sleep(50)) {
    if (Date.now() < limit) continue
    process.kill(pid, 'SIGKILL')
    return
  }
}

/** The number alone proves nothing: it may belong to another program by now. */
function isOurServer(commandLine: string | undefined): boolean {
  return commandLine !== undefined && /start-dev.*RunbookPlanHash=Keyword/s.test(commandLine)
}

function alreadyRunning({ ownerPid, address, uiUrl, startedAt }: DevRecord): RunbookError {
  const where = address === undefined ? 'is just starting' : `answers at ${address}, its UI is ${uiUrl ?? 'off'}`
  return new RunbookError(
    'AlreadyRunning',
    `A Temporal server of this project runs already (process ${ownerPid}, since ${startedAt}): it ${where}`,
    { advice: 'Use it from another terminal (`d1-runbook list`), or stop it there with Ctrl-C first.' },
  )
}
