/** Colour codes take no column. */

const COLOUR_CODE = /\u001B\[[0-9;]*m/g

export interface TerminalSize {
  columns: number
  rows: number
}

/**
 * Lines that are to be redrawn in place, cut to the terminal: a line that wraps or a picture that scrolls could not be drawn
 * over. Where the rows do not suffice, those after the first two give way: what it is about and what is to be done stay.
 */
export function fitPicture(lines: readonly string[], { columns, rows }: TerminalSize): string[] {
  // The cursor stands in the row after the last line.
  const room = Math.max(3, rows - 1)
  const shown =
    lines.length <= room ? lines : [...lines.slice(0, 2), '…', ...lines.slice(lines.length - (room - 3))]
  return shown.map((line) => clip(line, Math.max(1, columns - 1)))
}

/** Terminal rows that `lines` take now: a terminal that became narrower has wrapped what was drawn before. */
export function rowsTaken(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(visibleLength(line) / columns)), 0)
}

function visibleLength(line: string): number {
  return [...line.replaceAll(COLOUR_CODE, '')].length
}

function clip(line: string, width: number): string {
  if (visibleLength(line) <= width) return line
  let seen = 0
  let out = ''

  for (const [part] of line.matchAll(/\u001B\[[0-9;]*m|./gsu)) {
    if (!part.startsWith('\u001B')) seen += 1
    if (seen > width) return `${out}\u001B[0m`
    out += part
  }
  return out
}
