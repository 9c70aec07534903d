import type { Checkpoint, CheckpointVerdict, MonitoringView } from '../contract/monitoring.js'
import { zonedDateTime } from './clock.js'
import { plural } from './plural.js'

/** How many looks people asked for beside the schedule: they are no checkpoints of it. */
export function looksOnDemand(checkpoints: readonly Pick<Checkpoint, 'extra'>[]): number {
  return checkpoints.filter(({ extra }) => extra === true).length
}

/** How many ran well after their time, for nobody was there: they tell nothing of that time. */
export function lateLooks(checkpoints: readonly Pick<Checkpoint, 'late'>[]): number {
  return checkpoints.filter(({ late }) => late).length
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

/**
 * How many looks there were: `3 of 34 checkpoints and 1 look on demand`; where only their counts of some time are known, as of when.
 * `timeZone`: IANA, UTC where absent.
 */
export function looksText(monitoring: MonitoringView, timeZone?: string): string {
  const { scheduled, onDemand } = looksOf(monitoring)
  const text = `${scheduled} of ${plural(monitoring.planned, 'checkpoint')}${onDemandText(onDemand)}`
  const { asOf } = monitoring
  return asOf === undefined ? text : `${text} as of ${zonedDateTime(Date.parse(asOf), timeZone ?? 'UTC')}`
}

/** `2 healthy, 1 breached, 1 of them late`; nothing without any look. `paint`: for a terminal. */
export function verdictsText(
  { verdicts, checkpoints, late = lateLooks(checkpoints) }: Counted,
  paint: (verdict: CheckpointVerdict, text: string) => string = (_, text) => text,
): string {
  return [
    ...Object.entries(verdicts)
      .filter(([, count]) => count > 0)
      .map(([verdict, count]) => paint(verdict as CheckpointVerdict, `${count} ${verdict}`)),
    ...(late === 0 ? [] : [`${late} of them late`]),
  ].join(', ')
}

type Counted = Pick<MonitoringView, 'verdicts' | 'checkpoints' | 'late'>

/** Said behind counts of looks that are not here. */
export const LOOKS_ELSEWHERE = 'what each of them saw, and what was seen since, is not known here'
