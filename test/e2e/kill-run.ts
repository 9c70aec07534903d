import { rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { RunView } from '../../src/contract/run.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { documentOf, launch, launchService, untilSays, type Command } from './processes.js'
import { createRemoteProject, type KillProject } from './kill-project.js'
import { createLocalProject, QUICK_BASELINE, scratchFolder, visits } from './project.js'
import { RunObserver } from './run.js'
import { wranglerApplying } from './wrangler-process.js'

export const VICTIMS = ['worker', 'wrangler', 'temporal'] as const
export type Victim = (typeof VICTIMS)[number]

const ROWS = 20_000
const FILES = visits(ROWS)
const PATIENCE_MS = 400_000

export interface Kill {
  victim: Victim
  /** What the run says when its time has come; at once where it is absent. */
  during?: string
  /** Milliseconds later. A Wrangler is there for a part of the run only: counted from when it appears. */
  at: number
}

export interface KillResult {
  run: number
  kills: readonly Kill[]
  /** What the run said it was doing at each kill. */
  doing: string[]
  outcome: string
  seconds: number
  /** Empty when all is as it should be. */
  wrong: string[]
}

/**
 * One run during which processes are killed, one after the other: SIGKILL, to that process only. The worker and the server
 * are started again, the server on the same SQLite file. `remote`: of a database of the local Cloudflare API. Linux.
 */
export async function runThrough(run: number, kills: readonly Kill[], remote = false): Promise<KillResult> {
  const scratch = scratchFolder()
  const stage = await openStage(path.join(scratch.folder, 'project'), run, remote)
  const began = Date.now()
  const doing: string[] = []
  const result = (outcome: string, wrong: string[]): KillResult => {
    return { run, kills, doing, outcome, seconds: (Date.now() - began) / 1000, wrong }
  }
  try {
    const { folder, environment, variables } = stage.project
    const args = [
      'start',
      '--yes',
      '--time-scale',
      '864000',
      '--project',
      folder,
      '--env',
      environment,
      '--json',
    ]
    await documentOf<object>(launch(args, variables), 0)
    for (const kill of kills) doing.push(await strike(stage, kill))
    const view = await stage.observer().closed(PATIENCE_MS)
    return result(view.outcome ?? 'under way', faultsOf(view, stage.project))
  } catch (error) {
    return result('lost', [error instanceof Error ? error.message : String(error)])
  } finally {
    await stage.close()
    scratch.remove()
  }
}

interface Stage {
  project: KillProject
  observer: () => RunObserver
  killWorker: () => Promise<void>
  killServer: () => Promise<void>
  close: () => Promise<void>
}

async function openStage(folder: string, run: number, remote: boolean): Promise<Stage> {
  const databaseId = `00000000-0000-4000-8000-${String(run).padStart(12, '0')}`
  const environment = remote ? 'preview' : 'local'
  // A queue of its own: while its server is dead, another test's may take the port, and meet this worker.
  const config = {
    taskQueue: 'd1-runbook-kills',
    environments: { [environment]: { monitoring: QUICK_BASELINE } },
  }
  const made = { folder, databaseId, pending: FILES, config }
  const project: KillProject = remote
    ? await createRemoteProject({ ...made, environment })
    : { ...createLocalProject(made), environment, variables: {}, close: () => Promise.resolve() }
  let server: EmbeddedServer = await startEmbeddedServer({ projectDir: folder })
  let temporal: TemporalClient = await connectClient({ projectDir: folder })
  let worker = await startWorker(project)
  const stopWorker = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    worker.process.kill(signal)
    await worker.process
  }
  return {
    project,
    observer: () => new RunObserver(temporal, environment, databaseId),
    killWorker: async () => {
      await stopWorker('SIGKILL')
      worker = await startWorker(project)
    },
    killServer: async () => {
      const { address } = server
      process.kill(server.pid, 'SIGKILL')
      await server.died
      await server.stop()
      await temporal.close()
      server = await startEmbeddedServer({ projectDir: folder })
      temporal = await connectClient({ projectDir: folder })
      // The worker connects again by itself, unless somebody else took the port.
      if (server.address === address) return
      await stopWorker('SIGKILL')
      worker = await startWorker(project)
    },
    close: async () => {
      await stopWorker('SIGKILL')
      await temporal.close()
      await server.stop()
      await project.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** In an object: a process is a promise of its end, which an async function would wait for. */
async function startWorker({ folder, variables }: KillProject): Promise<{ process: Command }> {
  const worker = launchService(['worker', '--project', folder, '--json'], variables)
  await untilSays(worker, /Worker polls/)
  return { process: worker }
}

/** Waits for the moment and kills; what the run was doing then. */
async function strike(stage: Stage, { victim, during, at }: Kill): Promise<string> {
  // It is over in a second: what the run said then is what counts.
  const then =
    during === undefined
      ? undefined
      : await stage.observer().until(during, ({ message }) => message === during, PATIENCE_MS, 100)
  if (victim === 'wrangler') {
    const found = await wranglerApplying(stage.project.folder)
    await pause(at)
    const now = await wranglerApplying(stage.project.folder, 5_000)
    const [first, ...rest] = now.length > 0 ? now : found
    const pid = rest.at(-1) ?? first
    if (pid === undefined) return 'no Wrangler was seen'
    kill(pid)
    return `wrangler ${pid === first ? 'wrapper' : 'itself'}`
  }
  const orphans = during === undefined ? [] : await wranglerApplying(stage.project.folder)
  await pause(at)
  const view = then ?? (await stage.observer().look())
  await (victim === 'worker' ? stage.killWorker() : stage.killServer())
  const work = orphans.length > 0 ? ', Wrangler at work' : ''
  return view === undefined ? 'before its first step' : `${view.phase}: ${view.message}${work}`
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself a moment before.
  }
}

function faultsOf(view: RunView, project: KillProject): string[] {
  const names = Object.keys(FILES)
  const ledger = project.ledger().join()
  const expected = ['0001_users.sql', ...names].join()
  const rows = project.database((database) =>
    Number(database.prepare('SELECT count(*) AS rows FROM visits').get()?.['rows']),
  )
  const untold = names.filter(
    (name) => !view.migrations.some((one) => one.name === name && one.state === 'applied'),
  )
  return [
    view.outcome === 'completed' ? '' : `outcome ${view.outcome ?? 'none'}: ${view.message}`,
    ledger === expected ? '' : `ledger ${ledger}`,
    rows === ROWS ? '' : `${rows} rows`,
    untold.length === 0 ? '' : `not told as applied: ${untold.join()}`,
  ].filter((fault) => fault !== '')
}
