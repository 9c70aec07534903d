import type { RefusedDecision } from '../contract/run.js'

/** Decisions that were refused alike: of whom, of what, and why. `count` of them, the `first` and the `last` at those times (ISO 8601). */
export interface RefusedAlike extends Omit<RefusedDecision, 'at'> {
  count: number
  first: string
  last: string
}

/** Each kind once, the one that came last behind the others: who sends the same without end hides nothing beside it. */
export function refusedAlike(refused: readonly RefusedDecision[]): RefusedAlike[] {
  const found = new Map<string, RefusedAlike>()
  for (const { at, ...one } of refused) {
    const key = JSON.stringify([one.gate, one.decision, one.actor, one.reason, one.nobody])
    const before = found.get(key)
    // Behind the others again, in the order of the map.
    found.delete(key)
    found.set(key, { ...one, count: (before?.count ?? 0) + 1, first: before?.first ?? at, last: at })
  }
  return [...found.values()]
}

/** A name that looks like somebody's and is another one reads as if it were theirs. */
export function refusedActor({ actor, nobody }: Pick<RefusedDecision, 'actor' | 'nobody'>): string {
  return nobody === true ? `${actor} (nobody of people has this name)` : actor
}

/** `150 times, first 2026-03-08 03:00, last 2026-03-08 03:20`; of one, its time. */
export function refusedWhen({ count, first, last }: RefusedAlike, time: (iso: string) => string): string {
  return count === 1 ? time(first) : `${count} times, first ${time(first)}, last ${time(last)}`
}
