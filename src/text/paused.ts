import { saidIn } from '../contract/own-name.js'
import type { Intervention, RunView } from '../contract/run.js'

/** As it was asked for, such as `pause by Ada: lunch`. */
export function interventionText({ command, reason, ...who }: Intervention): string {
  return `${command} by ${saidIn(who)}${reason === undefined ? '' : `: ${reason}`}`
}

/**
 * Who asked last that a run that is paused should pause, and why; undefined where it is not paused, or nobody did: credentials that are
 * refused hold a run, too, which its message says.
 */
export function pauseOf({
  outcome,
  paused,
  interventions = [],
}: Pick<RunView, 'outcome' | 'paused' | 'interventions'>): Intervention | undefined {
  if (outcome !== null || !paused) return undefined
  const held = interventions.findLast(({ command }) => command === 'pause' || command === 'resume')
  return held?.command === 'pause' ? held : undefined
}
