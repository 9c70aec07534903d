import type { AwaitedDisk, RunView } from '../contract/run.js'
import { zonedSeconds } from './clock.js'

/** A worker that is there takes its work sooner. Milliseconds. */
const TAKEN_WITHIN_MS = 5_000

/** From when on a wait for a worker is worth a word: most of them are over at once. Milliseconds since it began. */
export function longWaitMs({ since, until }: AwaitedDisk): number {
  return until === undefined
    ? TAKEN_WITHIN_MS
    : Math.min(TAKEN_WITHIN_MS, (Date.parse(until) - Date.parse(since)) / 10)
}

/** Which worker a run waits for, and what that one has; undefined where it waits for none. */
export function awaitedDiskText({
  awaitedDisk,
  backup,
  timeZone = 'UTC',
}: Pick<RunView, 'awaitedDisk' | 'backup' | 'timeZone'>): string | undefined {
  if (awaitedDisk === undefined || awaitedDisk.waitedMs < longWaitMs(awaitedDisk)) return undefined
  const { disk, since, until } = awaitedDisk
  const at = (iso: string): string => zonedSeconds(Date.parse(iso), timeZone)
  const file = backup?.disk === disk ? `, where ${backup.file} lies` : ''
  const end = until === undefined ? '' : `, and until ${at(until)} they may`
  return `a worker with the disk ${disk}${file}: none has taken what was sent there at ${at(since)}${end}`
}
