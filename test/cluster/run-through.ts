import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { defined } from '../../src/contract/defined.js'
import { GATES, type Gate } from '../../src/contract/names.js'
import type { RunView } from '../../src/contract/run.js'
import { stateOf, type RunObserver } from '../e2e/run.js'
import { wranglerApplying } from '../e2e/wrangler-process.js'
import type { Cluster, Service } from './cluster.js'
import { PENDING, PEOPLE, type Project, type Stage } from './stage.js'

export const VICTIMS = ['worker-1', 'wrangler', 'temporal', 'postgresql', 'worker-2'] as const
/** `keeper`: the worker on whose disk the archive of the run lies; `other`: the one that has it not. */
export type Victim = (typeof VICTIMS)[number] | 'keeper' | 'other'

/** A process that is dead for half a minute, and every time limit of Temporal behind that. */
const PATIENCE_MS = 240_000
const DOWN_MS = 1_000
const LOOK_AGAIN_MS = 20
const DECIDED = GATES.filter((gate) => gate !== 'rollback')
const LEADS: readonly Gate[] = ['team-lead', 'final', 'rollback']

export interface Kill {
  victim: Victim
  /** Counted from the answer to this decision; without it from the start of the run. */
  after?: Gate
  /** Milliseconds. Of a Wrangler from when one applies: it is there for a part of the run only. */
  at: number
  /** It stays dead until this gate is open; else for a second. No Wrangler is started again. */
  until?: Gate
  /** A worker that does not come back while the run lasts, nor does its disk. */
  forGood?: true
  /** Nothing more is decided before it has struck: it falls before whatever the next decision begins. */
  holds?: true
  /** It falls once a file is applied, and others are not. */
  betweenFiles?: true
}

export interface Passed {
  /** What the run said that it was doing, at each kill in turn. */
  doing: string[]
  outcome: string
  seconds: number
  /** Empty when all is as it should be. */
  wrong: string[]
}

/** One migration from its start to its end, decided by people at each gate, while processes of the cluster are killed by SIGKILL. */
export async function runThrough(stage: Stage, project: Project, kills: readonly Kill[]): Promise<Passed> {
  const began = Date.now()
  const answered = new Set<Gate>()
  await project.start()
  const strikes = kills.map(async (kill) => {
    while (kill.after !== undefined && !answered.has(kill.after)) await pause(LOOK_AGAIN_MS)
    return kill.victim === 'wrangler' ? strikeWrangler(stage, kill) : strike(stage, project.run, kill)
  })
  const striking = Promise.all(strikes)
  // It is waited for below, once the decisions are made.
  striking.catch(() => undefined)
  await decideAll(project.run, answered, () =>
    Promise.all(
      strikes.filter((_, index) => {
        const { holds, after } = kills[index] ?? {}
        return holds === true && after !== undefined && answered.has(after)
      }),
    ),
  )
  const doing = await striking
  const view = await project.run.closed(PATIENCE_MS)
  for (const service of stage.cluster.workers) if (!service.running) await service.start()
  return {
    ...{ doing, outcome: view.outcome ?? 'under way', seconds: (Date.now() - began) / 1000 },
    wrong: [...project.faults(view.outcome === 'rolled-back' ? [] : PENDING), ...untrue(view, kills)],
  }
}

/**
 * Every gate that is open, also one that is asked again, until the team has confirmed or the run is over. Who gets no answer looks, and asks
 * again. `holding`: waited for before each decision.
 */
async function decideAll(
  run: RunObserver,
  answered: Set<Gate>,
  holding: () => Promise<unknown>,
): Promise<void> {
  const openIn = ({ gates }: RunView): Gate | undefined =>
    GATES.find((gate) => gates.some((one) => one.gate === gate && one.state === 'open'))
  const isOver = (view: RunView): boolean =>
    view.outcome !== null || stateOf(view, 'team-confirmation') === 'approved'
  for (const limit = Date.now() + PATIENCE_MS * DECIDED.length; ;) {
    await holding()
    const view = await run.until(
      'an open gate',
      (one) => openIn(one) !== undefined || isOver(one),
      PATIENCE_MS,
    )
    if (isOver(view)) return
    const gate = openIn(view)
    if (gate === undefined) continue
    try {
      const way = view.rollbackOptions?.find(({ available }) => available)?.strategy
      await run.decide(gate, deciderOf(gate), gate === 'rollback' ? defined({ strategy: way }) : {})
      answered.add(gate)
    } catch (error) {
      if (Date.now() > limit) throw error
    }
  }
}

function deciderOf(gate: Gate): string {
  return LEADS.includes(gate) ? PEOPLE.lead : PEOPLE.administrator
}

/** The one that does the work, not what it was started by: that one goes on to the end of the file. */
async function strikeWrangler({ folder }: Stage, { at }: Kill): Promise<string> {
  const found = await wranglerApplying(folder, PATIENCE_MS)
  await pause(at)
  const now = await wranglerApplying(folder, LOOK_AGAIN_MS)
  const pid = now.at(-1) ?? found.at(-1)
  if (pid === undefined) return 'no Wrangler was seen'
  try {
    process.kill(pid, 'SIGKILL')
    return 'Wrangler at work'
  } catch {
    return 'a Wrangler that had ended'
  }
}

async function strike(stage: Stage, run: RunObserver, kill: Kill): Promise<string> {
  const { victim, at, until, forGood, betweenFiles } = kill
  await pause(at)
  const view =
    betweenFiles === true
      ? await run.until('a file that is applied', isBetweenFiles, PATIENCE_MS, LOOK_AGAIN_MS)
      : await run.look()
  const service = serviceOf(stage.cluster, workerOf(stage, victim, view))
  await service.kill()
  if (forGood === true) {
    rmSync(stage.homeOf(service.name), { recursive: true, force: true })
    mkdirSync(stage.homeOf(service.name), { mode: 0o700 })
    return view === undefined ? 'nobody could say' : `${view.phase}: ${view.message}`
  }
  if (until === undefined) await pause(DOWN_MS)
  else await run.until(`gate ${until}`, (one) => stateOf(one, until) !== 'waiting', PATIENCE_MS)
  await service.start()
  return view === undefined ? 'nobody could say' : `${view.phase}: ${view.message}`
}

function isBetweenFiles({ migrations }: RunView): boolean {
  return migrations.some(({ state }) => state === 'applied')
}

/** By the name that the folder of the archive bears. */
function workerOf({ cluster, homeOf }: Stage, victim: Victim, view: RunView | undefined): Victim {
  if (victim !== 'keeper' && victim !== 'other') return victim
  const disk = view?.backup?.disk
  const has = ({ name }: Service): boolean => {
    const file = path.join(homeOf(name), 'backups', 'production', '.d1-runbook-disk')
    return disk !== undefined && existsSync(file) && readFileSync(file, 'utf8').trim() === disk
  }
  const found = cluster.workers.find((service) => has(service) === (victim === 'keeper'))
  if (disk === undefined || found === undefined) throw new Error(`no worker is the ${victim} of this run`)
  return found.name as Victim
}

function serviceOf({ workers, temporal, postgresql }: Cluster, victim: Victim): Service {
  const service = [...workers, temporal, postgresql].find(({ name }) => name === victim)
  if (service === undefined) throw new Error(`the cluster has no ${victim}`)
  return service
}

/** What the run says of itself, held against what was done here and is in the database. */
function untrue(view: RunView, kills: readonly Kill[]): string[] {
  return view.outcome === 'rolled-back' ? untrueOfWayBack(view, kills) : untrueOfMigration(view)
}

/** Just where the archive went with its worker after the first file: Time Travel is what is left. */
function untrueOfWayBack(view: RunView, kills: readonly Kill[]): string[] {
  const { migrations, backup, rollback, rollbackOptions = [] } = view
  const undone = (state: string): boolean => ['taken-back', 'absent', 'not-executed'].includes(state)
  const restore = rollbackOptions.find(({ strategy }) => strategy === 'restore-backup')
  return [
    kills.some(({ victim, forGood }) => victim === 'keeper' && forGood) ? '' : 'a way back without need',
    backup?.disk !== undefined && rollback?.issue.includes(`on the disk ${backup.disk}`) === true
      ? ''
      : `issue: ${rollback?.issue ?? 'none'}`,
    rollback?.strategy === 'time-travel' ? '' : `taken back by ${rollback?.strategy ?? 'nothing'}`,
    restore?.available === false ? '' : 'a restore of an archive that is gone was offered',
    migrations.some(({ state }) => state === 'taken-back') ? '' : 'nothing was taken back',
    migrations.every(({ state }) => undone(state))
      ? ''
      : `told: ${migrations.map(({ state }) => state).join()}`,
  ].filter((fault) => fault !== '')
}

function untrueOfMigration(view: RunView): string[] {
  const states = view.migrations.map(({ name, state }) => `${name} ${state}`).join()
  const decisions = DECIDED.map((gate) => {
    const of = view.gates.find((one) => one.gate === gate)
    const made = of?.decisions.map((one) => `${one.decision} ${one.actor}`).join() ?? ''
    return of?.state === 'approved' && made === `approve ${deciderOf(gate)}` ? '' : `gate ${gate}: ${made}`
  })
  return [
    view.outcome === 'completed' ? '' : `outcome ${view.outcome ?? 'none'}: ${view.message}`,
    view.failure === null ? '' : `failure ${view.failure.type}`,
    states === PENDING.map((name) => `${name} applied`).join() ? '' : `told: ${states}`,
    view.backup?.verified === true ? '' : 'no verified backup',
    view.refused.length === 0 ? '' : `refused: ${view.refused.map(({ reason }) => reason).join()}`,
    view.monitoring?.checkpoints.every(({ verdict }) => verdict === 'healthy') === true
      ? ''
      : `checkpoints: ${view.monitoring?.checkpoints.map(({ verdict }) => verdict).join() ?? 'none'}`,
    ...decisions,
  ].filter((fault) => fault !== '')
}
