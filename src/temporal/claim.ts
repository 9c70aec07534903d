import { command, words } from '../contract/next-command.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import { takeFileLock, type FileLock } from '../d1/sqlite/file-lock.js'
import { zonedDateTime } from '../text/clock.js'
import { commandLineOf, isAlive, startOf } from '../process/process-identity.js'
import { readDevRecord, removeDevRecord, writeDevRecord, type DevRecord } from './dev-record.js'
import { stateFolder } from '../process/state-folder.js'
import { originOf } from './home.js'

const END_LIMIT_MS = 10_000

/**
 * Makes this process the only one that runs a server for the project, until `release`. What a record says that was left
 * there is believed as far as {@link leftBehind} proves it. Throws `AlreadyRunning` with address and UI of the running one.
 */
export async function claimProject(
  projectDir: string,
  record: DevRecord,
  say: (line: string) => void,
): Promise<FileLock> {
  const lock = takeFileLock(stateFolder(projectDir, 'dev.lock'))
  if (lock === undefined) throw alreadyRunning(readDevRecord(projectDir))
  try {
    const left = readDevRecord(projectDir)
    const found = left === undefined ? 'nothing' : await leftBehind(left, projectDir)
    if (found === 'owned') throw alreadyRunning(left)
    if (found !== 'nothing') await endOrphan(found.orphan, say)
    writeDevRecord(projectDir, record)
  } catch (error) {
    // The record stays: it may be that of somebody who lives.
    lock.release()
    throw error
  }
  return {
    release: () => {
      removeDevRecord(projectDir)
      lock.release()
    },
  }
}

/**
 * What a record in this project stands for now. `orphan`: a server of this project, the very process that the record names,
 * whose owner is gone. `owned`: its owner lives, although the lock was free (its file was replaced). Of another project's
 * record, which a copy brings along, and of numbers that other programs have by now, nothing follows.
 */
export async function leftBehind(
  { projectDir: madeFor, ownerPid, ownerStart, pid, start, dbFile }: DevRecord,
  projectDir: string,
): Promise<'nothing' | 'owned' | { orphan: number }> {
  if (madeFor === undefined || originOf(madeFor, projectDir) === 'copied') return 'nothing'
  if (await isSame(ownerPid, ownerStart)) return 'owned'
  if (pid === undefined || dbFile === undefined || !(await isSame(pid, start))) return 'nothing'
  const commandLine = await commandLineOf(pid)
  const isServer = commandLine?.includes('start-dev') === true && commandLine.includes(dbFile)
  return isServer ? { orphan: pid } : 'nothing'
}

/** Numbers of dead processes are given out again: only number and start together name one. */
async function isSame(pid: number, start: string | undefined): Promise<boolean> {
  return start !== undefined && isAlive(pid) && (await startOf(pid)) === start
}

async function endOrphan(pid: number, say: (line: string) => void): Promise<void> {
  say(`ending the Temporal server (process ${pid}) that an earlier run left behind`)
  process.kill(pid, 'SIGTERM')
  for (const limit = Date.now() + END_LIMIT_MS; isAlive(pid); await sleep(50)) {
    if (Date.now() < limit) continue
    process.kill(pid, 'SIGKILL')
    return
  }
}

/** Whoever has just taken the lock has not written its record yet. Its time is told as UTC: no configuration is read here. */
export function alreadyRunning(record: DevRecord | undefined): RunbookError {
  const who =
    record === undefined
      ? ''
      : ` (process ${record.ownerPid}, since ${zonedDateTime(Date.parse(record.startedAt), 'UTC')})`
  const where =
    record?.address === undefined
      ? 'is just starting'
      : `answers at ${record.address}, its UI is ${record.uiUrl ?? 'off'}`
  return new RunbookError(
    'AlreadyRunning',
    `A Temporal server of this project runs already${who}: it ${where}`,
    { advice: words`Use it from another terminal (${command('list')}), or stop it there with Ctrl-C first.` },
  )
}
