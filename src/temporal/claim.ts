import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import { claimDevRecord, discardDevRecord, readDevRecord, type DevRecord } from './dev-record.js'
import { commandLineOf, isAlive } from '../process/process-identity.js'
import { command, words } from '../contract/next-command.js'

const END_LIMIT_MS = 10_000
const CLAIM_TRIES = 5
/** Longest honest start: fetching the server over a slow line, from every source. Milliseconds. */
const START_LIMIT_MS = 900_000

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
    if (other !== undefined && (await isHeld(other))) throw alreadyRunning(other)
    if (!discardDevRecord(projectDir, other)) continue
    if (other !== undefined) await endOrphan(other, say)
  }
  throw new Error(`the record of ${projectDir} changes faster than it can be claimed`)
}

/** Both its owner and its server live, or it is just being started. */
async function isHeld(record: DevRecord): Promise<boolean> {
  if (!isAlive(record.ownerPid)) return false
  if (record.pid === undefined) return Date.now() - Date.parse(record.startedAt) < START_LIMIT_MS
  return isOurServer(record)
}

async function endOrphan(record: DevRecord, say: (line: string) => void): Promise<void> {
  const { pid } = record
  if (pid === undefined || !(await isOurServer(record))) return
  say(`ending the Temporal server (process ${pid}) that an earlier run left behind`)
  process.kill(pid, 'SIGTERM')
  for (const limit = Date.now() + END_LIMIT_MS; isAlive(pid); await sleep(50)) {
    if (Date.now() < limit) continue
    process.kill(pid, 'SIGKILL')
    return
  }
}

/** The number alone proves nothing: it may belong to another program by now. The command line names our database. */
async function isOurServer({ pid, dbFile }: DevRecord): Promise<boolean> {
  if (pid === undefined || dbFile === undefined || !isAlive(pid)) return false
  const commandLine = await commandLineOf(pid)
  return commandLine !== undefined && commandLine.includes('start-dev') && commandLine.includes(dbFile)
}

function alreadyRunning({ ownerPid, address, uiUrl, startedAt }: DevRecord): RunbookError {
  const where =
    address === undefined ? 'is just starting' : `answers at ${address}, its UI is ${uiUrl ?? 'off'}`
  return new RunbookError(
    'AlreadyRunning',
    `A Temporal server of this project runs already (process ${ownerPid}, since ${startedAt}): it ${where}`,
    { advice: words`Use it from another terminal (${command('list')}), or stop it there with Ctrl-C first.` },
  )
}
