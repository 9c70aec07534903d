import { commandLine, plain } from '../contract/command-line.js'
import { commandsIn, isNextCommand, isWords, type NextCommand, type Words } from '../contract/next-command.js'
import { code, prose } from './markdown.js'
import { grouped } from '../contract/number.js'

/** As Markdown on one line: words escaped, each command in code marks. */
export function markdownWords(text: Words): string {
  if (typeof text === 'string') return prose(text)
  return text
    .map((piece) => (typeof piece === 'string' ? proseWithin(piece) : code(commandLine(piece))))
    .join('')
    .trim()
}

/** {@link prose} takes outer blanks away, which stand between words and a command here. */
function proseWithin(piece: string): string {
  const [, before = '', inner = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(piece) ?? []
  return `${before === '' ? '' : ' '}${prose(inner)}${after === '' ? '' : ' '}`
}

/** As Slack's mrkdwn, whose control characters are `&`, `<` and `>`; each command in code marks. */
export function slackWords(text: Words): string {
  const pieces = typeof text === 'string' ? [text] : text
  return pieces
    .map((piece) => (typeof piece === 'string' ? slackEscaped(piece) : slackCode(commandLine(piece))))
    .join('')
}

/** A backquote ends inline code and cannot be escaped there; a block may hold it. */
function slackCode(line: string): string {
  const marks = line.includes('`') ? '```' : '`'
  return `${marks}${slackEscaped(line)}${marks}`
}

function slackEscaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * For JSON: every text becomes one string, and its commands stand beside it as values, in `next`. `complete` adds to a
 * command what the reader must say again.
 */
export function plainDocument(
  value: unknown,
  complete: (next: NextCommand) => NextCommand = (next) => next,
): unknown {
  if (isTextWithCommands(value)) return plain(value, (next) => commandLine(complete(next)))
  if (isNextCommand(value)) return complete(value)
  if (Array.isArray(value)) return value.map((each) => plainDocument(each, complete))
  if (!isRecord(value)) return value
  const next = 'next' in value ? [] : Object.values(value).flatMap(commandsOf).map(complete)
  const properties = Object.entries(value).map(([name, each]): [string, unknown] => [
    name,
    // A list of commands is no text of several commands.
    name === 'next' && Array.isArray(each)
      ? each.map((one) => plainDocument(one, complete))
      : plainDocument(each, complete),
  ])
  return { ...Object.fromEntries(properties), ...(next.length === 0 ? {} : { next }) }
}

/** What JSON writes property by property; a Date, say, writes itself. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !('toJSON' in value)
}

/** Commands of a property that is a text, or a list of texts. */
function commandsOf(value: unknown): NextCommand[] {
  if (isTextWithCommands(value)) return commandsIn(value)
  return Array.isArray(value) ? value.filter(isTextWithCommands).flatMap(commandsIn) : []
}

function isTextWithCommands(value: unknown): value is Exclude<Words, string> {
  return Array.isArray(value) && value.some(isNextCommand) && isWords(value)
}

/** The text within a limit of characters, as it reads plainly; one that was cut says so, and no command of it is half of one. */
export function cutWords(text: Words, limit: number): Words {
  const { length } = plain(text)
  if (length <= limit) return text
  const told = `… (cut: ${grouped(length)} characters)`
  const kept: (string | NextCommand)[] = []
  let room = limit - told.length
  for (const piece of typeof text === 'string' ? [text] : text) {
    const needs = plain([piece]).length
    // Half of a letter that takes two would be none.
    if (needs > room && typeof piece === 'string')
      kept.push(piece.slice(0, room).replace(/[\uD800-\uDBFF]$/, ''))
    if (needs > room) break
    kept.push(piece)
    room -= needs
  }
  return [...kept, told]
}
