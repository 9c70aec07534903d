import { setTimeout as pause } from 'node:timers/promises'
import { GATES, type Gate } from '../../src/contract/names.js'
import type { RunView } from '../../src/contract/run.js'
import { stateOf, type RunObserver } from '../e2e/run.js'
import { wranglerApplying } from '../e2e/wrangler-process.js'
import type { Cluster, Service } from './cluster.js'
import { PENDING, PEOPLE, type Project, type Stage } from './stage.js'

export const VICTIMS = ['worker-1', 'wrangler', 'temporal', 'postgresql', 'worker-2'] as const
export type Victim = (typeof VICTIMS)[number]

/** A process that is dead for half a minute, and every time limit of Temporal behind that. */
const PATIENCE_MS = 240_000
const DOWN_MS = 1_000
const LOOK_AGAIN_MS = 20
const DECIDED = GATES.filter((gate) => gate !== 'rollback')
const LEADS: readonly Gate[] = ['team-lead', 'final']

export interface Kill {
  victim: Victim
  /** Counted from the answer to this decision; without it from the start of the run. */
  after?: Gate
  /** Milliseconds. Of a Wrangler from when one applies: it is there for a part of the run only. */
  at: number
  /** It stays dead until this gate is open; else for a second. No Wrangler is started again. */
  until?: Gate
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
  const striking = Promise.all(
    kills.map(async (kill) => {
      while (kill.after !== undefined && !answered.has(kill.after)) await pause(LOOK_AGAIN_MS)
      return kill.victim === 'wrangler'
        ? strikeWrangler(stage, kill)
        : strike(stage.cluster, project.run, kill)
    }),
  )
  // It is waited for below, once the decisions are made.
  striking.catch(() => undefined)
  for (const gate of DECIDED) {
    await decide(project.run, gate)
    answered.add(gate)
  }
  const doing = await striking
  const view = await project.run.closed(PATIENCE_MS)
  return {
    ...{ doing, outcome: view.outcome ?? 'under way', seconds: (Date.now() - began) / 1000 },
    wrong: [...project.faults(), ...untrue(view)],
  }
}

/** Until the run says that it counts: who gets no answer looks, and asks again. */
async function decide(run: RunObserver, gate: Gate): Promise<void> {
  const actor = LEADS.includes(gate) ? PEOPLE.lead : PEOPLE.administrator
  const isDecided = ({ gates }: RunView): boolean =>
    gates.some((one) => one.gate === gate && one.state === 'approved')
  for (const limit = Date.now() + PATIENCE_MS; ;) {
    const reached = `gate ${gate}`
    const view = await run.until(
      reached,
      (one) => stateOf(one, gate) === 'open' || isDecided(one),
      PATIENCE_MS,
    )
    if (isDecided(view)) return
    try {
      return await run.decide(gate, actor)
    } catch (error) {
      if (Date.now() > limit) throw error
    }
  }
}

/** The one that does the work, not what it was started by: that one goes on to the end of the file. */
async function strikeWrangler({ home }: Stage, { at }: Kill): Promise<string> {
  const found = await wranglerApplying(home, PATIENCE_MS)
  await pause(at)
  const now = await wranglerApplying(home, LOOK_AGAIN_MS)
  const pid = now.at(-1) ?? found.at(-1)
  if (pid === undefined) return 'no Wrangler was seen'
  try {
    process.kill(pid, 'SIGKILL')
    return 'Wrangler at work'
  } catch {
    return 'a Wrangler that had ended'
  }
}

async function strike(cluster: Cluster, run: RunObserver, { victim, at, until }: Kill): Promise<string> {
  await pause(at)
  const view = await run.look()
  const service = serviceOf(cluster, victim)
  await service.kill()
  if (until === undefined) await pause(DOWN_MS)
  else await run.until(`gate ${until}`, (one) => stateOf(one, until) !== 'waiting', PATIENCE_MS)
  await service.start()
  return view === undefined ? 'nobody could say' : `${view.phase}: ${view.message}`
}

function serviceOf({ workers, temporal, postgresql }: Cluster, victim: Victim): Service {
  const service = [...workers, temporal, postgresql].find(({ name }) => name === victim)
  if (service === undefined) throw new Error(`the cluster has no ${victim}`)
  return service
}

/** What the run says of itself, held against what was done here and is in the database. */
function untrue(view: RunView): string[] {
  const states = view.migrations.map(({ name, state }) => `${name} ${state}`).join()
  const decisions = DECIDED.map((gate) => {
    const of = view.gates.find((one) => one.gate === gate)
    const actor = LEADS.includes(gate) ? PEOPLE.lead : PEOPLE.administrator
    const made = of?.decisions.map((one) => `${one.decision} ${one.actor}`).join() ?? ''
    return of?.state === 'approved' && made === `approve ${actor}` ? '' : `gate ${gate}: ${made}`
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
