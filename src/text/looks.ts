import type { Checkpoint } from '../contract/monitoring.js'
import { plural } from './plural.js'

/** How many looks people asked for beside the schedule: they are no checkpoints of it. */
export function looksOnDemand(checkpoints: readonly Pick<Checkpoint, 'extra'>[]): number {
  return checkpoints.filter(({ extra }) => extra === true).length
}

/** ` and 2 looks on demand`; nothing without any. */
export function onDemandText(looks: number): string {
  return looks === 0 ? '' : ` and ${plural(looks, 'look')} on demand`
}
