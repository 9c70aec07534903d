import type { Sampling } from '../../contract/monitoring.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Real time after which a checkpoint counts as late. Milliseconds. */
export const LATE_AFTER_MS = MINUTE

/** One answer in ten may be slow by chance, two of three hardly ever. */
export const CHECKPOINT_SAMPLING: Sampling = { samples: 3, pauseMs: 1_000 }

/** The same where the demo compresses time. */
export function scaledSampling(timeScale: number): Sampling {
  const { samples, pauseMs } = CHECKPOINT_SAMPLING
  return { samples, pauseMs: pauseMs / timeScale }
}

/** One stretch of a schedule: a checkpoint every `everyMs` until `untilMs` after the anchor, inclusive. */
export interface SchedulePhase {
  everyMs: number
  untilMs: number
}

/** The runbook's "First 30 Minutes", "First 2 Hours", "First 24 Hours": 6 + 6 + 22 checkpoints. */
export const RUNBOOK_SCHEDULE: readonly SchedulePhase[] = [
  { everyMs: 5 * MINUTE, untilMs: 30 * MINUTE },
  { everyMs: 15 * MINUTE, untilMs: 2 * HOUR },
  { everyMs: HOUR, untilMs: 24 * HOUR },
]

/** Milliseconds after the anchor, ascending. Each stretch counts on from the last checkpoint before it. */
export function checkpointOffsets(phases: readonly SchedulePhase[] = RUNBOOK_SCHEDULE): number[] {
  const offsets: number[] = []
  let last = 0
  for (const { everyMs, untilMs } of phases) {
    if (!(everyMs > 0)) throw new RangeError(`a schedule needs a positive interval, found ${everyMs}`)
    for (let at = last + everyMs; at <= untilMs; at += everyMs) {
      offsets.push(at)
      last = at
    }
  }
  return offsets
}

/** Epoch milliseconds of each checkpoint. All from one anchor: relative sleeps would drift by the work between them. */
export function checkpointTimes(input: {
  anchorMs: number
  offsetsMs: readonly number[]
  timeScale: number
}): number[] {
  return input.offsetsMs.map((offset) => input.anchorMs + Math.round(offset / input.timeScale))
}

/** The shortest time between two checkpoints of the schedule, in real milliseconds; 0 without any. */
export function shortestInterval(input: { anchorMs: number; times: readonly number[] }): number {
  const gaps = input.times.map((at, index) => at - (input.times[index - 1] ?? input.anchorMs))
  return gaps.length === 0 ? 0 : Math.min(...gaps)
}

/** `missed`: numbers of checkpoints that this one stands for, because nobody was there to run them. */
export type NextCheckpoint =
  | { kind: 'finished' }
  | { kind: 'wait'; number: number; at: number }
  | { kind: 'run'; number: number; plannedAt: number; late: boolean; missed: number[] }

/**
 * What to do now. `done`: the highest checkpoint number that ran or was missed, 0 at first.
 *
 * After an absence, overdue checkpoints collapse into the newest one, marked late: many looks at the same moment tell no
 * more than one, and would count as consecutive breaches. With `catchUp: 'every'` (compressed time, where the checks
 * take longer than the gaps) each one runs.
 */
export function nextCheckpoint(input: {
  times: readonly number[]
  now: number
  done: number
  lateAfterMs?: number
  catchUp?: 'newest' | 'every'
}): NextCheckpoint {
  const { times, now, done } = input
  const lateAfterMs = input.lateAfterMs ?? LATE_AFTER_MS
  const firstAt = times[done]
  if (firstAt === undefined) return { kind: 'finished' }
  if (firstAt > now) return { kind: 'wait', number: done + 1, at: firstAt }
  if (now - firstAt <= lateAfterMs || input.catchUp === 'every') {
    const late = now - firstAt > lateAfterMs
    return { kind: 'run', number: done + 1, plannedAt: firstAt, late, missed: [] }
  }
  let newest = done
  while ((times[newest + 1] ?? Infinity) <= now) newest += 1
  const missed = Array.from({ length: newest - done }, (_, index) => done + 1 + index)
  return { kind: 'run', number: newest + 1, plannedAt: times[newest] ?? firstAt, late: true, missed }
}
