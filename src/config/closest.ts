/** The candidate that `word` was most likely meant to be; undefined when none is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const started = candidates.filter((candidate) => word.length >= 2 && candidate.startsWith(word))
  if (started.length === 1) return started[0]
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  if (best === undefined) return undefined
  const longest = Math.max(word.length, best.candidate.length)
  return best.distance <= Math.max(1, Math.floor(longest * 0.4)) ? best.candidate : undefined
}

/** ` Did you mean "x"?` or nothing: to be appended to a message. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const found = closest(word, candidates)
  return found === undefined ? '' : ` Did you mean "${found}"?`
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1]
    for (const [column, other] of [...b].entries()) {
      const swap = (previous[column] ?? 0) + (letter === other ? 0 : 1)
      current.push(Math.min(swap, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1))
    }
    previous = current
  }
  return previous.at(-1) ?? 0
}
