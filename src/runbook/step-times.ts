import type { GateView, RunView, StepView } from '../contract/run.js'
import { formatDuration } from '../text/duration.js'

/** Milliseconds: what was done, and what people took to decide meanwhile. */
export interface StepTimes {
  workMs: number
  waitedMs: number
}

/** What a step took; one that runs, until `now` (epoch milliseconds). Undefined where it never began, or was not seen to end. */
export function stepTimes(
  {
    startedAt,
    endedAt,
    waitedMs = 0,
    withinMs = 0,
    withinSince,
  }: Pick<StepView, 'startedAt' | 'endedAt' | 'waitedMs' | 'withinMs' | 'withinSince'>,
  at?: { now: number; gates: readonly Pick<GateView, 'state' | 'openedAt'>[] },
): StepTimes | undefined {
  const until = at === undefined || withinSince === undefined ? at?.now : Date.parse(withinSince)
  const end = endedAt === undefined ? until : Date.parse(endedAt)
  if (startedAt === undefined || end === undefined) return undefined
  const open = endedAt === undefined ? at?.gates.find(({ state }) => state === 'open')?.openedAt : undefined
  const waited = waitedMs + (open === undefined ? 0 : Math.max(0, end - Date.parse(open)))
  const workMs = end - Date.parse(startedAt) - waited - withinMs
  // A clock that went back tells nothing.
  return workMs >= 0 ? { workMs, waitedMs: waited } : undefined
}

/** `32 s, and 28 s for people`: what people took is no work. Empty where the step never began. `now`: of a run that goes on. */
export function stepTook(
  step: StepView,
  view: Pick<RunView, 'gates' | 'steps' | 'closedAt'>,
  now: number,
): string {
  const until = view.closedAt === undefined ? now : Date.parse(view.closedAt)
  const times = stepTimes(step, { now: until, gates: view.gates })
  if (times === undefined) return ''
  const { workMs } = times
  const waitedMs = times.waitedMs + waitedBehind(step, view, until)
  // Nobody takes less to decide; it is what a decision takes to arrive.
  return `${formatDuration(workMs)}${waitedMs < 1_000 ? '' : `, and ${formatDuration(waitedMs)} for people`}`
}

/**
 * Milliseconds that people took at the gates within a step, and at those between it and the next one. Undefined where none was opened.
 * `until`: epoch milliseconds, the end of the run or the moment of asking.
 */
export function waitedForPeople(
  step: StepView,
  view: Pick<RunView, 'gates' | 'steps'>,
  until: number,
): number | undefined {
  if (step.waitedMs === undefined && gatesBehind(step, view).length === 0) return undefined
  return (step.waitedMs ?? 0) + waitedBehind(step, view, until)
}

/**
 * `2 h 5 min, 50 min of it for people`: a run from its start to its end. A step or gate that came again is timed by its last time, so that people may
 * have taken longer than is known of it. `until`: epoch milliseconds.
 */
export function runTook(view: Pick<RunView, 'gates' | 'steps' | 'startedAt'>, until: number): string {
  const took = formatDuration(until - Date.parse(view.startedAt))
  const waitedMs = view.steps.reduce((sum, step) => sum + (waitedForPeople(step, view, until) ?? 0), 0)
  if (waitedMs < 1_000) return took
  const again = view.gates.some(({ earlier = [] }) => earlier.length > 0)
  return `${took}, ${again ? 'at least ' : ''}${formatDuration(waitedMs)} of it for people`
}

function waitedBehind(step: StepView, view: Pick<RunView, 'gates' | 'steps'>, until: number): number {
  return gatesBehind(step, view).reduce((sum, gate) => sum + openFor(gate, until), 0)
}

/** Gates that opened while no step was under way, with the step that had ended last. */
function gatesBehind(
  step: StepView,
  { gates, steps }: Pick<RunView, 'gates' | 'steps'>,
): (GateView & { openedAt: string })[] {
  return gates.flatMap((gate) => {
    const { openedAt } = gate
    if (openedAt === undefined) return []
    const within = ({ startedAt, endedAt }: StepView): boolean =>
      startedAt !== undefined && startedAt <= openedAt && (endedAt === undefined || openedAt < endedAt)
    if (steps.some(within)) return []
    const ended = ({ endedAt = '' }: StepView): string => (endedAt <= openedAt ? endedAt : '')
    const last = steps.reduce((one, other) => (ended(other) >= ended(one) ? other : one), step)
    return last.step === step.step && ended(step) !== '' ? [{ ...gate, openedAt }] : []
  })
}

/** Of its last opening. */
function openFor(
  { state, openedAt, expiresAt, decisions, earlier = [] }: GateView & { openedAt: string },
  until: number,
): number {
  const decidedAt = [...earlier, ...decisions].map(({ at }) => at).findLast((at) => at >= openedAt)
  const shutAt = state === 'expired' ? expiresAt : decidedAt
  const shut = state === 'open' ? until : shutAt === undefined ? Date.parse(openedAt) : Date.parse(shutAt)
  return Math.max(0, shut - Date.parse(openedAt))
}
