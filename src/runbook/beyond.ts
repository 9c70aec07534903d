/** How many more there were than a list of the run had room for; nothing where it holds all of them. */
export function beyondLines(count = 0): string[] {
  return count === 0 ? [] : [`… and ${count} more, which are not kept`]
}
