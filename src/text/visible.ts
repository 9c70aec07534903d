import { HIDDEN_CHARACTER } from '../contract/hidden-characters.js'
import { isNextCommand } from '../contract/next-command.js'

/**
 * Untrusted text for a terminal or a log: what a person, a file or a server wrote may hold escape sequences, line breaks
 * and marks that turn the writing around. They are written out, never sent: a name cannot paint, move the cursor, or stand
 * there as a line of ours.
 */
export function visible(text: string): string {
  return text.replace(NOT_SHOWN, written)
}

/** The same for a text of several lines, such as SQL. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}

/** Every string in a value that came from outside, such as the state of a run. `lines`: names of those of several lines. */
export function visibleIn<T>(value: T, lines: ReadonlySet<string> = SEVERAL_LINES): T {
  return shown(value, '', lines) as T
}

/** Properties whose texts are SQL, or what a program printed. */
const SEVERAL_LINES: ReadonlySet<string> = new Set(['advice', 'sql', 'error'])

/** Every text and name in an answer for programs and models: lines and tabs are kept, and nothing stays that does not show. */
export function visibleAnswer(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(NOT_IN_ANSWERS, escape)
  if (Array.isArray(value)) return value.map(visibleAnswer)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key.replace(NOT_IN_ANSWERS, escape), visibleAnswer(each)]),
  )
}

/** Text that holds controls of our own, such as colours: what only formats is written out, and controls are left. */
export function visibleFormats(text: string): string {
  return text.replace(FORMATS, escape)
}

/** JSON whose texts mean the same, with nothing in it that does not show: what would not is an escape of JSON. */
export function visibleJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(NOT_IN_JSON, (character) =>
    Array.from({ length: character.length }, (_, at) => unit(character.charCodeAt(at))).join(''),
  )
}

const NOT_SHOWN = new RegExp(HIDDEN_CHARACTER, 'gu')
const FORMATS = new RegExp(String.raw`(?!\p{Cc})${HIDDEN_CHARACTER}`, 'gu')
const NOT_IN_ANSWERS = new RegExp(String.raw`(?!\n|\t|\r\n)${HIDDEN_CHARACTER}`, 'gu')
/** JSON escapes the controls of its texts, and is laid out by line breaks. */
const NOT_IN_JSON = new RegExp(String.raw`(?!\n)${HIDDEN_CHARACTER}`, 'gu')

function written(character: string): string {
  if (character === '\t') return ' '
  if (character === '\n') return '\\n'
  return escape(character)
}

function escape(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code > 0xffff) return `\\u{${code.toString(16)}}`
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : unit(code)
}

function unit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`
}

function shown(value: unknown, name: string, lines: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return lines.has(name) ? visibleLines(value) : visible(value)
  if (isNextCommand(value)) return value
  if (Array.isArray(value)) return value.map((each) => shown(each, name, lines))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each, key, lines)]))
}
