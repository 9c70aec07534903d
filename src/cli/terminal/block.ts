import stringWidth from 'string-width'
import {
  at,
  isNextCommand,
  type CommandPlace,
  type NextCommand,
  type Words,
} from '../../contract/next-command.js'
import { commandWords } from '../../contract/command-line.js'
import type { Shell } from '../../contract/shell.js'

/** Where a text stands: the columns of the terminal, and the blanks before its first line and before the others. */
export interface Place {
  columns: number
  indent?: string
  hang?: string
}

/** Rows of words, or rows of one command. */
export interface Piece {
  rows: readonly string[]
  command: boolean
}

/** The rows of {@link blockPieces}. */
export function blockLines(...asked: Parameters<typeof blockPieces>): string[] {
  return blockPieces(...asked).flatMap(({ rows }) => rows)
}

/**
 * A text as lines for a terminal, broken at blanks with a hanging indent, behind the blanks that it begins with. Each command stands alone on a line of its own,
 * complete: one that is too long goes on after a backslash, as a POSIX shell reads it, or is left to the terminal to wrap.
 */
export function blockPieces(
  text: Words,
  { columns, indent: before = '', hang: given }: Place,
  { typed, shell }: { typed: CommandPlace; shell: Shell },
): Piece[] {
  const pieces = typeof text === 'string' ? [text] : withoutBrackets(text)
  const [first] = pieces
  const own = typeof first === 'string' ? (/^ */.exec(first)?.[0] ?? '') : ''
  if (first === own && pieces.length === 1) return [{ rows: [''], command: false }]
  const indent = `${before}${own}`
  const hang = given === undefined ? `${indent}  ` : `${given}${own}`
  return pieces.flatMap((piece, index): Piece[] => {
    if (isNextCommand(piece)) {
      const rows = commandRows(commandWords(at(typed, piece), shell), columns, hang, shell)
      return [{ rows, command: true }]
    }
    // What stands after a command would be pasted with it.
    const words = index === 0 ? piece : piece.replace(LOOSE, '$1')
    if (words.trim() === '') return []
    return [{ rows: wrapText(words, { columns, indent: index === 0 ? indent : hang, hang }), command: false }]
  })
}

const CODES = String.raw`(?:\u001B\[[0-9;]*m)*`
/** Marks that end what they follow, behind a colour that begins with them: at the begin of a row they follow nothing. */
const LOOSE = new RegExp(`^(${CODES})[\\s.,;:!?)]+`)

/** A bracket that closes right behind a command falls away with its row, and so does the one that opened it, for a colon. */
function withoutBrackets(pieces: readonly (string | NextCommand)[]): readonly (string | NextCommand)[] {
  const kept = [...pieces]
  for (const [index, piece] of pieces.entries()) {
    if (typeof piece !== 'string' || index === 0 || !LOOSE.exec(piece)?.[0].includes(')')) continue
    for (let before = index - 1; before >= 0; before -= 1) {
      const text = kept[before]
      const opened = typeof text === 'string' ? /^(.*?)[\s:]*\(([^()]*)$/s.exec(text) : null
      if (opened === null) continue
      const [, ahead = '', within = ''] = opened
      kept[before] = ahead === '' ? within : `${ahead}: ${within}`
      break
    }
  }
  return kept
}

/** A command as rows: where it is too long, each goes on after a backslash; an option stays with its value. */
export function commandRows(given: readonly string[], columns: number, hang: string, shell: Shell): string[] {
  const whole = `${hang}${given.join(' ')}`
  if (stringWidth(whole) < columns || shell !== 'posix') return [whole]
  const words = given.reduce<string[]>((joined, word) => {
    const option = joined.at(-1)
    const value = option?.startsWith('--') === true && !option.includes(' ') && !word.startsWith('-')
    return value ? [...joined.slice(0, -1), `${option} ${word}`] : [...joined, word]
  }, [])
  const rows: string[] = []
  let row = hang
  for (const [index, word] of words.entries()) {
    const longer = row.trim() === '' ? `${row}${word}` : `${row} ${word}`
    const end = index === words.length - 1 ? '' : ' \\'
    if (row.trim() === '' || stringWidth(longer + end) < columns) {
      row = longer
      continue
    }
    rows.push(`${row} \\`)
    row = `${hang}  ${word}`
  }
  return [...rows, row]
}

const MEASURE = String.raw`\d[\d.,]* (?:ms|s|min|h|d|%|kB|MB|GB)(?![\p{L}\d])`
/** Blanks, and what stays together behind them: a word, or a number with its unit, such as `1 h 05 min`. */
export const WORDS = new RegExp(`( *)(${CODES}\\(?${MEASURE}(?: ${MEASURE})*[^ ]*|[^ ]+)`, 'gu')

/**
 * Broken at blanks, of which those between two words of a row stay as many. A word that is too long for that (an ID) stands less far
 * in; a number stays with its unit; a path that is longer than the line stays whole, so that it can be copied; what else is longer is broken where it must.
 */
export function wrapText(text: string, { columns, indent = '', hang = `${indent}  ` }: Place): string[] {
  const room = Math.max(8, columns - 1)
  const rows: string[] = []
  let row = indent
  for (const [, blanks = '', word = ''] of text.trimEnd().matchAll(WORDS)) {
    const width = stringWidth(word)
    if (width > room - stringWidth(hang) && (width <= room || isPath(word))) {
      if (row.trim() !== '') rows.push(row)
      row = `${' '.repeat(Math.max(0, Math.min(stringWidth(hang), room - width)))}${word}`
      continue
    }
    for (const [at, piece] of piecesOf(word, room - stringWidth(hang)).entries()) {
      const begun = row.trim() !== ''
      const longer = begun ? `${row}${at === 0 ? blanks : ' '}${piece}` : `${row}${piece}`
      if (!begun || stringWidth(longer) <= room) row = longer
      else {
        rows.push(row)
        row = `${hang}${piece}`
      }
    }
  }
  return [...rows, row]
}

/** Of letters that take one column each: a sentence of Chinese has no blanks either. */
function isPath(word: string): boolean {
  return /[^/\\][/\\][^/\\]/.test(word) && stringWidth(word) === word.length
}

const GRAPHEMES = new Intl.Segmenter()

function piecesOf(word: string, columns: number): string[] {
  if (stringWidth(word) <= columns) return [word]
  const pieces: string[] = []
  let piece = ''
  for (const { segment } of GRAPHEMES.segment(word)) {
    if (piece !== '' && stringWidth(piece + segment) > columns) {
      pieces.push(piece)
      piece = ''
    }
    piece += segment
  }
  return [...pieces, piece]
}
