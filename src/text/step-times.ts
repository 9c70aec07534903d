import type { GateView, RunView, StepView } from '../contract/run.js'
import { formatDuration } from './duration.js'

/** Milliseconds: what was done, and what people took to decide meanwhile. */
export interface StepTimes {
  workMs: number
  waitedMs: number
}

/** What a step took; one that runs, until `now` (epoch milliseconds). Undefined where it never began, or was not seen to end. */
export function stepTimes(
  { startedAt, endedAt, waitedMs = 0 }: Pick<StepView, 'startedAt' | 'endedAt' | 'waitedMs'>,
  at?: { now: number; gates: readonly Pick<GateView, 'state' | 'openedAt'>[] },
): StepTimes | undefined {
  const end = endedAt === undefined ? at?.now : Date.parse(endedAt)
  if (startedAt === undefined || end === undefined) return undefined
  const open = endedAt === undefined ? at?.gates.find(({ state }) => state === 'open')?.openedAt : undefined
  const waited = waitedMs + (open === undefined ? 0 : Math.max(0, end - Date.parse(open)))
  const workMs = end - Date.parse(startedAt) - waited
  // A clock that went back tells nothing.
  return workMs >= 0 ? { workMs, waitedMs: waited } : undefined
}

/** `32 s, and 28 s for people`: what people took is no work. Empty where the step never began. */
export function stepTook(step: StepView, view: Pick<RunView, 'gates'>, now: number): string {
  const times = stepTimes(step, { now, gates: view.gates })
  if (times === undefined) return ''
  const { workMs, waitedMs } = times
  // Nobody takes less to decide; it is what a decision takes to arrive.
  return `${formatDuration(workMs)}${waitedMs < 1_000 ? '' : `, and ${formatDuration(waitedMs)} for people`}`
}
