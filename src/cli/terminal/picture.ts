import stringWidth from 'string-width'
import type { StepView } from '../../contract/run.js'
import { WORDS, wrapText } from './block.js'

const GRAPHEMES = new Intl.Segmenter()

export interface TerminalSize {
  columns: number
  rows: number
}

/** What is redrawn in place, by what may give way. Texts are wrapped already, but for those of the steps. */
export interface Picture {
  /** What it is about; never given up. */
  head: readonly string[]
  steps: readonly { text: string; state: StepView['state'] }[]
  /** Of each open gate: who decides by which commands, which are never cut, and what is confirmed. */
  gates: readonly { title: readonly string[]; decide: readonly string[]; shows: readonly string[] }[]
  rest: readonly string[]
}

/**
 * The picture within the terminal: one that scrolls could not be drawn over. Where the rows do not suffice, steps
 * take one row each; then finished ones give way, then those to come, then what the gates show, then the rest; each cut says how much is missing.
 */
export function arrange(picture: Picture, { columns, rows }: TerminalSize): string[] {
  // The cursor stands in the row after the last line.
  const room = Math.max(3, rows - 1)
  const decide = new Set(picture.gates.flatMap((gate) => gate.decide))
  const fit = (lines: readonly string[]): string[] =>
    lines.map((line) => (decide.has(line) ? line : clip(line, Math.max(1, columns - 1))))
  const height = (lines: readonly string[]): number => rowsTaken(fit(lines), columns)
  let { steps } = picture
  let stepRows = ({ text }: { text: string }): string[] =>
    wrapText(text, { columns, indent: ' ', hang: '   ' })
  let [shown, rest] = [Infinity, picture.rest]
  const lines = (): string[] => [
    ...picture.head,
    ...steps.flatMap((step) => stepRows(step)),
    ...picture.gates.flatMap(({ title, shows, decide: last }) => [...title, ...last, ...cut(shows, shown)]),
    ...rest,
  ]
  const tooHigh = (): boolean => height(lines()) > room
  if (tooHigh()) stepRows = ({ text }) => [text]
  if (tooHigh()) steps = folded(steps, ['done', 'skipped'], '✔', 'done')
  if (tooHigh()) steps = folded(steps, ['waiting'], '·', 'to come')
  const most = Math.max(0, ...picture.gates.map(({ shows }) => shows.length))
  for (shown = most; shown > 1 && tooHigh();) shown -= 1
  for (let kept = rest.length - 1; kept >= 0 && tooHigh(); kept -= 1) rest = cut(picture.rest, kept + 1)
  if (tooHigh())
    steps = steps.filter(({ state }) => state === 'running' || state === 'failed' || state === 'stopped')
  if (tooHigh()) steps = []
  return fit(trimmed(lines(), picture.head.length, room, height))
}

function folded(
  steps: Picture['steps'],
  states: readonly string[],
  mark: string,
  words: string,
): Picture['steps'] {
  const first = steps.findIndex(({ state }) => states.includes(state))
  const count = steps.filter(({ state }) => states.includes(state)).length
  if (count < 2) return steps
  return steps.flatMap((step, index) => {
    if (index === first) return [{ ...step, text: ` ${mark} ${count} steps ${words}` }]
    return states.includes(step.state) ? [] : [step]
  })
}

/** So many lines, the last of which says what is missing. */
function cut(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines]
  const kept = lines.slice(0, Math.max(0, most - 1))
  // A colour that ends behind the cut ends here.
  const end = kept.at(-1)?.includes('\u001B[') === true ? '\u001B[0m' : ''
  return [...kept, `${end}  … ${lines.length - kept.length} more`]
}

/** The end stays, for there stands what is to be typed and what is going on; what lies between it and the first line gives way. */
function trimmed(
  lines: readonly string[],
  head: number,
  room: number,
  height: (lines: readonly string[]) => number,
): string[] {
  if (height(lines) <= room) return [...lines]
  for (let from = head; from < lines.length; from += 1) {
    const kept = [...lines.slice(0, 1), `… ${from - 1} more`, ...lines.slice(from)]
    if (height(kept) <= room) return kept
  }
  return lines.slice(0, 1)
}
/** Terminal rows that `lines` take now: a terminal that became narrower has wrapped what was drawn before. */
export function rowsTaken(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0)
}

/**
 * `line` cut to so many columns, the last of which shows that: before the word that does not fit, so that no number and no name
 * reads like another one; within a word only where it alone is too long.
 */
export function clip(line: string, columns: number): string {
  if (stringWidth(line) <= columns) return line
  let kept = ''
  for (const [piece, , word = ''] of line.matchAll(WORDS)) {
    if (stringWidth(`${kept}${piece} …`) > columns) {
      if (kept.trim() === '' || stringWidth(word) > columns) break
      return `${kept} …\u001B[0m`
    }
    kept += piece
  }
  return clipLetters(line, columns)
}

/** A letter of Chinese or an emoji takes two columns, a colour code none. */
function clipLetters(line: string, columns: number): string {
  let seen = 0
  let out = ''
  for (const [, code, text = ''] of line.matchAll(/(\u001B\[[0-9;]*m)|([^\u001B]+|.)/gsu)) {
    if (code !== undefined) {
      out += code
      continue
    }
    for (const { segment } of GRAPHEMES.segment(text)) {
      seen += stringWidth(segment)
      if (seen >= columns) return `${out}…\u001B[0m`
      out += segment
    }
  }
  return out
}
