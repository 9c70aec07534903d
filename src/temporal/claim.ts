import { command, words } from '../contract/next-command.js'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import { takeFileLock, type FileLock } from '../d1/sqlite/file-lock.js'
import { commandLineOf, isAlive } from '../process/process-identity.js'
import { readDevRecord, removeDevRecord, stateFolder, writeDevRecord, type DevRecord } from './dev-record.js'

const END_LIMIT_MS = 10_000

/**
 * Makes this process the only one that runs a server for the project, until `release`. A record that is there then is of an
 * owner who died; the server that it left behind is ended, once its command line proved to be ours.
 * Throws `AlreadyRunning` with address and UI of the running one.
 */
export async function claimProject(
  projectDir: string,
  record: DevRecord,
  say: (line: string) => void,
): Promise<FileLock> {
  const lock = takeFileLock(path.join(stateFolder(projectDir), 'dev.lock'))
  if (lock === undefined) throw alreadyRunning(readDevRecord(projectDir))
  const release = (): void => {
    removeDevRecord(projectDir)
    lock.release()
  }
  try {
    const left = readDevRecord(projectDir)
    if (left !== undefined) await endOrphan(left, say)
    writeDevRecord(projectDir, record)
  } catch (error) {
    release()
    throw error
  }
  return { release }
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

/** Whoever has just taken the lock has not written its record yet. */
function alreadyRunning(record: DevRecord | undefined): RunbookError {
  const who = record === undefined ? '' : ` (process ${record.ownerPid}, since ${record.startedAt})`
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
