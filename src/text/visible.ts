import { HIDDEN_CHARACTERS } from '../contract/hidden-characters.js'
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

const NOT_SHOWN = new RegExp(`[${HIDDEN_CHARACTERS}]`, 'gu')

function written(character: string): string {
  if (character === '\t') return ' '
  if (character === '\n') return '\\n'
  const code = character.codePointAt(0) ?? 0
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}

function shown(value: unknown, name: string, lines: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return lines.has(name) ? visibleLines(value) : visible(value)
  if (isNextCommand(value)) return value
  if (Array.isArray(value)) return value.map((each) => shown(each, name, lines))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each, key, lines)]))
}
