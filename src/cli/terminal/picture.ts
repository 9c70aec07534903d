import stringWidth from 'string-width'
import type { StepView } from '../../contract/run.js'
import { WORDS, wrapText, type Piece } from './block.js'

const GRAPHEMES = new Intl.Segmenter()

export interface TerminalSize {
  columns: number
  rows: number
}

/** One text, as rows. */
type Line = readonly Piece[]

/** What is redrawn in place, by what may give way. */
export interface Picture {
  /** What it is about. */
  head: readonly Line[]
  /** Not wrapped. */
  steps: readonly { text: string; state: StepView['state'] }[]
  /** The run is over: what it did not begin does not come any more. */
  over?: boolean
  /** Of each open gate: who decides by which commands, and what is confirmed. */
  gates: readonly { title: Line; decide: readonly Line[]; shows: readonly Line[] }[]
  rest: readonly Line[]
  /** The command that shows what is left out here. */
  whole: Line
}

/** What gives way where the rows do not suffice, the first one first. A command is there complete, or not at all. */
const ORDER = [
  'steps: in a row each',
  'steps: done',
  'steps: to come',
  'what is confirmed',
  'the rest',
  'steps: all but the running',
  'what is the matter',
  'who decides: in a row each',
  'the head: in a row each',
  'words beside a command: in a row each',
  'steps',
  'who decides',
  'where the rest is',
  'words beside a command',
  'commands',
  'the head',
] as const
type Level = (typeof ORDER)[number]

/** `left`: how many rows are neither there nor marked in their place. */
interface Shape {
  rows: readonly string[]
  left: number
}

/** A part of the picture, and what it becomes where it gives way. */
interface Part {
  now: Shape
  less: Partial<Record<Level, Shape>>
}

/**
 * The picture within the terminal: one that scrolls could not be drawn over. What is left out is counted at its end, with the command
 * that shows it.
 */
export function arrange(picture: Picture, { columns, rows }: TerminalSize): string[] {
  // The cursor stands in the row after the last line.
  const room = Math.max(3, rows - 1)
  const parts = partsOf(picture, columns)
  const height = ({ rows: lines }: Shape): number => rowsTaken(lines, columns)
  let taken = parts.reduce((sum, { now }) => sum + height(now), 0)
  let left = 0
  let whole = picture.whole.flatMap((piece) => piece.rows)
  const mark = (): string[] => {
    if (left === 0) return []
    return [fitted(`… ${left} more${whole.length === 0 ? '' : ':'}`, columns), ...whole]
  }
  const tooHigh = (): boolean => taken + rowsTaken(mark(), columns) > room
  for (const level of ORDER) {
    if (level === 'where the rest is' && tooHigh()) whole = []
    for (const part of parts.toReversed()) {
      const less = part.less[level]
      if (less === undefined || !tooHigh()) continue
      taken += height(less) - height(part.now)
      left += less.left - part.now.left
      part.now = less
    }
  }
  return [...parts.flatMap(({ now }) => now.rows), ...mark()]
}

function partsOf({ head, steps, over = false, gates, rest }: Picture, columns: number): Part[] {
  const text = (line: Line, less: Part['less']): Part => ({ now: shapeOf(line, columns), less })
  const headPart = (line: Line, index: number): Part =>
    text(line, {
      'the head: in a row each': briefly(line, columns),
      ...(index === 0 ? {} : { 'the head': without(line) }),
    })
  const other = (line: Line, less: Part['less']): Part =>
    text(
      line,
      line.some(({ command }) => command)
        ? {
            'words beside a command: in a row each': briefly(line, columns),
            'words beside a command': onlyCommands(line),
            commands: without(line),
          }
        : less,
    )
  return [
    ...head.map(headPart),
    stepsPart(steps, columns, over ? 'not reached' : 'to come'),
    ...gates.flatMap(({ title, decide, shows }) => [
      headPart(title, 1),
      ...decide.map((line) =>
        other(line, {
          'who decides: in a row each': briefly(line, columns),
          'who decides': without(line),
        }),
      ),
      ...shows.map((line, index) =>
        other(line, { [index === 0 ? 'what is the matter' : 'what is confirmed']: without(line) }),
      ),
    ]),
    ...rest.map((line) => other(line, { 'the rest': without(line) })),
  ]
}

function stepsPart(steps: Picture['steps'], columns: number, ahead: string): Part {
  const oneRow = (some: Picture['steps'], left = 0): Shape => ({
    rows: some.map((step) => fitted(step.text, columns)),
    left,
  })
  const done = folded(steps, ['done', 'skipped'], '✔', 'done')
  const known = folded(done, ['waiting'], '·', ahead)
  const running = steps.filter(({ state }) => ['running', 'failed', 'stopped'].includes(state))
  return {
    now: {
      rows: steps.flatMap((step) => wrapText(step.text, { columns, indent: ' ', hang: '   ' })),
      left: 0,
    },
    less: {
      'steps: in a row each': oneRow(steps),
      'steps: done': oneRow(done),
      'steps: to come': oneRow(known),
      'steps: all but the running': oneRow(running, steps.length - running.length),
      steps: oneRow([], steps.length),
    },
  }
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

function shapeOf(line: Line, columns: number): Shape {
  return {
    rows: line.flatMap(({ rows, command }) => (command ? rows : rows.map((row) => fitted(row, columns)))),
    left: 0,
  }
}

/** Its words in one row, which shows where they are cut. */
function briefly(line: Line, columns: number): Shape {
  return shapeOf(
    line.map((piece) => {
      const [first = '', ...more] = piece.rows
      return piece.command ? piece : { ...piece, rows: [[first, ...more.map((row) => row.trim())].join(' ')] }
    }),
    columns,
  )
}

function onlyCommands(line: Line): Shape {
  const rows = line.filter(({ command }) => command).flatMap((piece) => piece.rows)
  return { rows, left: without(line).left - rows.length }
}

function without(line: Line): Shape {
  return { rows: [], left: line.reduce((sum, { rows }) => sum + rows.length, 0) }
}

function fitted(row: string, columns: number): string {
  return clip(row, Math.max(1, columns - 1))
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
