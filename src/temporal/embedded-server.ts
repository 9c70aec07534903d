import { Connection } from '@temporalio/client'
import getPort, { portNumbers } from 'get-port'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '../contract/defined.js'
import { RunbookError, messageOf } from '../contract/failures.js'
import { startOf } from '../process/process-identity.js'
import { closeToOthers, keepOutOfGit, keepPrivate } from '../process/private-files.js'
import { provideTemporal } from './binaries.js'
import { claimProject } from './claim.js'
import { writeDevRecord } from './dev-record.js'
import { takeHistories } from './histories.js'
import { stateFolder } from '../process/state-folder.js'
import { realFolder } from './home.js'
import { ensureSearchAttributes } from './search-attributes.js'
import { claimServer } from './server-owner.js'
import { keepHistories, launchServer, type ServerProcess } from './server-process.js'
import { command, words } from '../contract/next-command.js'

const PORT = 7233
const UI_PORT = 8233
/** How far we look for a free port beside the usual one. */
const PORT_RANGE = 100
const NAMESPACE = 'default'
const READY_LIMIT_MS = 60_000
const LOOK_AGAIN_MS = 100
/** Between our finding a port free and the server's binding it somebody else may take it, and so with its inner ports. */
const LAUNCH_TRIES = 5

export interface EmbeddedServerOptions {
  projectDir: string
  /** SQLite file of the histories; default `<project>/.d1-runbook/temporal.db`. */
  dbFile?: string
  /** Progress and choices (other ports), one line each. */
  onMessage?: (line: string) => void
}

export interface EmbeddedServer {
  address: string
  uiUrl: string
  namespace: string
  /** Process of the server. */
  pid: number
  /** Resolves when the server ended by itself, with its last words. Never while it runs, never after `stop`. */
  died: Promise<string>
  /** Ends the server and gives the project free. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts the project's own Temporal server, with its Web UI, and waits until it answers and knows our search attributes.
 * Histories are kept in the project and survive a restart. A server that a killed process left behind is
 * ended first; histories that came along with a copy of another project are kept aside, which is said.
 * Throws `AlreadyRunning` naming the running server, `ToolMissing` without Temporal's CLI, `TemporalUnreachable` when
 * the server does not come up.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { projectDir, onMessage: say = () => undefined } = options
  keepPrivate()
  await keepOutOfGit(stateFolder(projectDir))
  await closeToOthers(stateFolder(projectDir))
  const claim = {
    ownerPid: process.pid,
    ...defined({ ownerStart: await startOf(process.pid) }),
    startedAt: new Date().toISOString(),
    projectDir: realFolder(projectDir),
  }
  const { release } = await claimProject(projectDir, claim, say)
  process.once('exit', release)
  try {
    const cli = await provideTemporal('temporal-cli', say)
    const dbFile = path.resolve(options.dbFile ?? stateFolder(projectDir, 'temporal.db'))
    mkdirSync(path.dirname(dbFile), { recursive: true })
    takeHistories(dbFile, projectDir, say)
    const record = async (pid: number) => ({
      ...claim,
      pid,
      ...defined({ start: await startOf(pid) }),
      dbFile,
    })
    // Noted before it is ready: were we killed now, the next start would still know what to end.
    const onLaunched = async (pid: number) => writeDevRecord(projectDir, await record(pid))
    const { server, port, uiPort } = await launch({ cli, dbFile, projectDir, say, onLaunched })
    const reachable = {
      address: `127.0.0.1:${port}`,
      uiUrl: `http://127.0.0.1:${uiPort}`,
      namespace: NAMESPACE,
    }
    writeDevRecord(projectDir, { ...(await record(server.pid)), ...reachable })
    return {
      ...reachable,
      pid: server.pid,
      died: server.died,
      async stop() {
        await server.stop()
        process.off('exit', release)
        release()
      },
    }
  } catch (error) {
    process.off('exit', release)
    release()
    throw error
  }
}

interface Launch {
  cli: string
  dbFile: string
  projectDir: string
  say: (line: string) => void
  onLaunched: (pid: number) => Promise<void>
}

async function launch({ cli, dbFile, projectDir, say, onLaunched }: Launch) {
  const logFile = stateFolder(projectDir, 'temporal.log')
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(PORT)
    const uiPort = await freePort(UI_PORT)
    rmSync(logFile, { force: true })
    const server = launchServer({ cli, port, uiPort, dbFile, logFile })
    if (server.isRunning()) await onLaunched(server.pid)
    try {
      await waitUntilReady(server, `127.0.0.1:${port}`, projectDir)
      await keepHistories(cli, `127.0.0.1:${port}`, NAMESPACE)
      sayOtherPort(PORT, port, 'Temporal', say)
      sayOtherPort(UI_PORT, uiPort, "Temporal's UI", say)
      return { server, port, uiPort }
    } catch (error) {
      const tail = server.lastOutput()
      const endedByItself = !server.isRunning()
      await server.stop()
      if (attempt < LAUNCH_TRIES && endedByItself) continue
      throw notReady(error, tail, logFile)
    }
  }
}

async function freePort(preferred: number): Promise<number> {
  return getPort({ port: portNumbers(preferred, preferred + PORT_RANGE) })
}

/** Only once it listens there: a port that was free may be taken before the server has it. */
function sayOtherPort(preferred: number, port: number, what: string, say: (line: string) => void): void {
  if (port !== preferred) say(`port ${preferred} is busy: ${what} listens on ${port}`)
}

/** Ready: it answers, and a workflow that sets our search attributes will not get stuck. */
async function waitUntilReady(server: ServerProcess, address: string, projectDir: string): Promise<void> {
  const limit = Date.now() + READY_LIMIT_MS
  for (;;) {
    try {
      if (!server.saysReady()) throw new Error('it does not say that it is up')
      const connection = await Connection.connect({ address, connectTimeout: 1_000 })
      try {
        await connection.workflowService.describeNamespace({ namespace: NAMESPACE })
        await ensureSearchAttributes(connection, NAMESPACE)
        await claimServer(connection, NAMESPACE, projectDir)
        return
      } finally {
        await connection.close()
      }
    } catch (error) {
      if (!server.isRunning()) throw new Error('it ended by itself')
      if (Date.now() > limit) throw new Error(`no answer within ${READY_LIMIT_MS / 1000} s`, { cause: error })
      await sleep(LOOK_AGAIN_MS)
    }
  }
}

function notReady(cause: unknown, tail: string, logFile: string): RunbookError {
  const why = messageOf(cause)
  const said = tail === '' ? '' : `\n${tail}`
  return new RunbookError(
    'TemporalUnreachable',
    `The embedded Temporal server did not start: ${why}${said}`,
    {
      advice: words`Read ${logFile}; then run ${command('dev')} again.`,
      cause,
    },
  )
}
