import type { GateView, RunView, StepView } from '../contract/run.js'

type Over = Pick<RunView, 'outcome'>

/** The state of a step in a word: a run that is over waits for nothing, and nothing of it is under way. */
export function stepWord({ state }: Pick<StepView, 'state'>, { outcome }: Over): string {
  if (outcome === null) return state
  if (state === 'waiting') return 'not reached'
  return state === 'running' ? 'under way when the run ended' : state
}

/** The same of a gate. What was decided in an earlier round of it stands, or does not count any more. */
export function gateWord(
  { gate, state, decisions, earlier = [] }: Pick<GateView, 'gate' | 'state' | 'decisions' | 'earlier'>,
  { outcome }: Over,
): string {
  if (state === 'waiting' && earlier.length > 0 && decisions.length === 0) {
    // At the gate rollback an earlier decision may have been carried out.
    if (gate === 'rollback') return 'decided'
    return outcome === null ? state : 'void'
  }
  if (outcome === null) return state
  if (state === 'waiting') return 'not reached'
  return state === 'open' ? 'open at the end' : state
}
