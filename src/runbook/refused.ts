import type { RunView } from '../contract/run.js'

/** How many decisions were refused that the list had no room for; nothing where it holds all of them. */
export function refusedBeyondLines({ refusedBeyond = 0 }: Pick<RunView, 'refusedBeyond'>): string[] {
  return refusedBeyond === 0 ? [] : [`… and ${refusedBeyond} more, which are not kept`]
}
