import type { Checkpoint, MonitoringView } from '../contract/monitoring.js'
import { plural } from './plural.js'

/** How many looks people asked for beside the schedule: they are no checkpoints of it. */
export function looksOnDemand(checkpoints: readonly Pick<Checkpoint, 'extra'>[]): number {
  return checkpoints.filter(({ extra }) => extra === true).length
}

/** Looks of the schedule, and those beside it; also where only their counts are known. */
export function looksOf({
  checkpoints,
  verdicts,
  onDemand = looksOnDemand(checkpoints),
}: Pick<MonitoringView, 'checkpoints' | 'verdicts' | 'onDemand'>): { scheduled: number; onDemand: number } {
  const all = Object.values(verdicts).reduce((sum, count) => sum + count, 0)
  return { scheduled: Math.max(0, all - onDemand), onDemand }
}

/** ` and 2 looks on demand`; nothing without any. */
export function onDemandText(looks: number): string {
  return looks === 0 ? '' : ` and ${plural(looks, 'look')} on demand`
}
