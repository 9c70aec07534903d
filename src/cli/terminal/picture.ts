import stringWidth from 'string-width'

const GRAPHEMES = new Intl.Segmenter()

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
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0)
}

/** `line` cut to so many columns: a letter of Chinese or an emoji takes two, a colour code none. */
export function clip(line: string, columns: number): string {
  if (stringWidth(line) <= columns) return line
  let seen = 0
  let out = ''
  for (const [, code, text = ''] of line.matchAll(/(\u001B\[[0-9;]*m)|([^\u001B]+|.)/gsu)) {
    if (code !== undefined) {
      out += code
      continue
    }
    for (const { segment } of GRAPHEMES.segment(text)) {
      seen += stringWidth(segment)
      if (seen > columns) return `${out}\u001B[0m`
      out += segment
    }
  }
  return out
}
