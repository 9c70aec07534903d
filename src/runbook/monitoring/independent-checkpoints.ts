import type { Checkpoint } from '../../contract/monitoring.js'

/**
 * The checkpoints that count as evidence of their own, in order. A look that people asked for within `apartMs` of another
 * one sees the same moment once more: two impatient looks are no two consecutive breaches, and no recovery either. Those
 * of the schedule always count; where one follows an extra look that closely, or a late one, it takes its place.
 */
export function independentLooks<One extends Pick<Checkpoint, 'at' | 'extra' | 'late'>>(
  checkpoints: readonly One[],
  apartMs: number,
): One[] {
  const looks: One[] = []
  for (const checkpoint of checkpoints) {
    const before = looks.at(-1)
    const mayGiveWay =
      before !== undefined && (checkpoint.extra === true || before.extra === true || before.late)
    if (mayGiveWay && Date.parse(checkpoint.at) - Date.parse(before.at) < apartMs) {
      if (checkpoint.extra === true) continue
      looks.pop()
    }
    looks.push(checkpoint)
  }
  return looks
}
