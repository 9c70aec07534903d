import { oneLine } from './one-line.js'
import { visible, visibleLines } from './visible.js'

/**
 * `text` as Markdown prose: what people typed must not become headings, links, table cells or HTML, and loses no blank. A word with two
 * hyphens (`--strategy`) stands in code marks: Temporal's UI makes a dash of them. What stands in code marks already, two hyphens within, stays whole.
 */
export function prose(text: string): string {
  return (
    oneLine(text)
      .split(/(`[^`]*--[^`]*`)/)
      .map((part, at) => (at % 2 === 1 ? code(part.slice(1, -1)) : words(part)))
      .join('')
      // What would begin a list there.
      .replace(/^(\d*)([-+.)])(?= )/, '$1\\$2')
      .replace(/ {2,}/g, (blanks) => ` ${'&nbsp;'.repeat(blanks.length - 1)}`)
  )
}

function words(text: string): string {
  return text
    .split(' ')
    .map((word) => (word.includes('--') ? option(word) : escaped(word)))
    .join(' ')
}

/** What ends the clause behind it is not typed. */
function option(word: string): string {
  const typed = word.replace(/[,;:.!?]+$/, '')
  return `${code(typed)}${escaped(word.slice(typed.length))}`
}

function escaped(word: string): string {
  return visible(word)
    .replace(/[\\`*_[\]|~#]/g, (mark) => `\\${mark}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}

/** `text` as inline code, whatever backticks it holds. */
export function code(text: string): string {
  const line = visible(oneLine(text))
  if (line === '') return ''
  const fence = fenceFor(line, 1)
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${line}${pad}${fence}`
}

export function codeBlock(text: string, language = ''): string {
  const fence = fenceFor(text, 3)
  return `${fence}${language}\n${visibleLines(text.replaceAll('\r\n', '\n')).trimEnd()}\n${fence}`
}

/** Cells are Markdown already; a `|` inside code still ends a cell, so it is escaped here. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  /** Which columns hold numbers: those stand right. */
  numbers: readonly boolean[] = [],
): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/(?<!\\)\|/g, '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  const rule = head.map((_, at) => (numbers[at] === true ? ' ---: |' : ' --- |')).join('')
  return [line(head), `|${rule}`, ...rows.map(line)].join('\n')
}

/** Parts that are empty are left out; one empty line between the others. */
export function paragraphs(...parts: (string | false | undefined)[]): string {
  return parts.filter((part) => typeof part === 'string' && part !== '').join('\n\n')
}

function fenceFor(text: string, atLeast: number): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  return '`'.repeat(longest < atLeast ? atLeast : longest + 1)
}
