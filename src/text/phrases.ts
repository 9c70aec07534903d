/** Phrases and sentences of many hands as one phrase, without a full stop at its end: `a; b`, never `a.; b`. */
export function phrases(parts: readonly string[]): string {
  return parts
    .map((part) => part.trim().replace(/(?<!\.\.)\.$/, ''))
    .filter((part) => part !== '')
    .join('; ')
}
