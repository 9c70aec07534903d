import { isTrigger, parseStatements, type ParsedStatement } from './statements.js'
import { tokenize, unquote, type Token } from './tokens.js'

/**
 * What remote D1 has taken for the end of a trigger, or failed to take for its beginning. It splits the text of a `/query` by rules
 * of its own before SQLite sees it; an import does not. Each is a report at https://github.com/cloudflare/workers-sdk/issues/N:
 * `begin` 15314: BEGIN not in capitals. `case` 4326: CASE … END without parentheses before a `;`. `case-inside`: the same before a
 * space, which the rule behind 4326 takes for the end too. `end` 15314: END not in capitals, seen together with `begin`.
 * `crlf` 14991: line ends of Windows. `far-down` 15690: behind six tables, in several lines.
 */
export type TriggerShape = 'begin' | 'case' | 'case-inside' | 'end' | 'crlf' | 'far-down'

/** What Cloudflare's issues show to be refused, piece by piece. The others were seen once, or beside one of these. */
export const REFUSED: ReadonlySet<TriggerShape> = new Set(['begin', 'case'])

export interface RemoteTrigger {
  name: string
  table: string
  line: number
  shapes: TriggerShape[]
  /** Statements of the file that stand before it. */
  before: number
}

/** The fewest statements before a trigger with which remote D1 was reported to refuse it. */
const FAR_DOWN = 6

/** The triggers of a file whose text remote D1 has refused in like form, in their order. */
export function remoteTriggers(sql: string): RemoteTrigger[] {
  if (!/\btrigger\b/i.test(sql)) return []
  const { statements } = parseStatements(sql)
  const first = statements.findIndex(({ tokens }) => isTrigger(tokens))
  return statements.flatMap((statement, before) => {
    const parts = isTrigger(statement.tokens) ? partsOf(statement) : undefined
    if (parts === undefined) return []
    const { name, table } = parts
    const shapes = shapesOf(statement, parts)
    if (before === first && before >= FAR_DOWN && statement.endLine > statement.line) shapes.push('far-down')
    return shapes.length === 0 ? [] : [{ name, table, line: statement.line, shapes, before }]
  })
}

/** Lines of a file, and what they say with each trigger in them written so that remote D1, Wrangler and SQLite read the same. */
export function portableLines(
  sql: string,
  line: number,
): { fromLine: number; toLine: number; sql: string } | undefined {
  const { statements } = parseStatements(sql)
  const own = statements.find((statement) => statement.line === line && isTrigger(statement.tokens))
  if (own === undefined) return undefined
  let { line: fromLine, endLine: toLine } = own
  // Whoever shares a line is replaced with it.
  for (let at = statements.indexOf(own) - 1; (statements[at]?.endLine ?? 0) >= fromLine; at -= 1)
    fromLine = statements[at]?.line ?? fromLine
  for (let at = statements.indexOf(own) + 1; (statements[at]?.line ?? Infinity) <= toLine; at += 1)
    toLine = Math.max(toLine, statements[at]?.endLine ?? toLine)
  const lines = sql.split('\n')
  const start = lines.slice(0, fromLine - 1).reduce((sum, text) => sum + text.length + 1, 0)
  const end = start + lines.slice(fromLine - 1, toLine).join('\n').length
  let text = ''
  let at = start
  for (const statement of statements) {
    if (statement.offset < start || statement.offset >= end || !isTrigger(statement.tokens)) continue
    text += sql.slice(at, statement.offset) + portableTrigger(statement.sql)
    at = statement.offset + statement.sql.length
  }
  text = (text + sql.slice(at, end)).replace(/\r$/, '')
  const open = statements.find(({ offset, terminated }) => offset < end && offset >= start && !terminated)
  return { fromLine, toLine, sql: open === undefined ? text : `${text.trimEnd()};` }
}

/**
 * The same trigger with BEGIN and END in capitals, each CASE … END in parentheses, and in one line where it had line ends of
 * Windows: pasted into such a file, lines would get them again.
 */
export function portableTrigger(sql: string): string {
  const [statement] = parseStatements(sql).statements
  const parts = statement === undefined ? undefined : partsOf(statement)
  if (statement === undefined || parts === undefined) return sql
  const edits = [
    capitals(parts.begin),
    capitals(parts.end),
    ...casesOf(statement.tokens, parts.beginAt)
      .filter(({ enclosed }) => !enclosed)
      .flatMap(({ open, close }) => [
        { at: open.start, length: 0, text: '(' },
        { at: close.start + close.text.length, length: 0, text: ')' },
      ]),
  ].sort((a, b) => b.at - a.at)
  const text = edits.reduce(
    (done, { at, length, text: put }) => done.slice(0, at) + put + done.slice(at + length),
    statement.sql,
  )
  return hasWindowsLines(text) ? inOneLine(text) : text
}

/** The same text with each trigger on one line, for which neither line ends nor what stands before it were ever reported. */
export function foldTriggers(sql: string): string {
  let text = ''
  let at = 0
  for (const { sql: own, offset, line, endLine, tokens } of parseStatements(sql).statements) {
    if (line === endLine || !isTrigger(tokens)) continue
    text += sql.slice(at, offset) + inOneLine(own)
    at = offset + own.length
  }
  return text + sql.slice(at)
}

interface Parts {
  name: string
  table: string
  /** Index of BEGIN among the tokens. */
  beginAt: number
  begin: Token
  end: Token
}

const BODY = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'WITH'])

/** undefined: it has no body, so SQLite refuses it wherever it runs. */
function partsOf({ tokens }: ParsedStatement): Parts | undefined {
  const words = tokens.map(({ kind, text }) => (kind === 'word' ? text.toUpperCase() : ''))
  const beginAt = words.findIndex(
    (word, at) => word === 'BEGIN' && tokens[at - 1]?.text !== '.' && BODY.has(words[at + 1] ?? ''),
  )
  const [begin, end] = [tokens[beginAt], tokens.at(-1)]
  if (begin === undefined || end === undefined || words.at(-1) !== 'END') return undefined
  const named = words.indexOf('TRIGGER') + (words[words.indexOf('TRIGGER') + 1] === 'IF' ? 4 : 1)
  const on = words.indexOf('ON', named)
  return { name: nameAt(tokens, named), table: nameAt(tokens, on + 1), beginAt, begin, end }
}

function nameAt(tokens: Token[], at: number): string {
  return unquote(tokens[tokens[at + 1]?.text === '.' ? at + 2 : at]?.text ?? '')
}

function shapesOf(statement: ParsedStatement, { begin, beginAt, end }: Parts): TriggerShape[] {
  const cases = casesOf(statement.tokens, beginAt)
  const shapes: [TriggerShape, boolean][] = [
    ['begin', begin.text !== 'BEGIN'],
    ['case', cases.some(({ before }) => before === ';')],
    ['case-inside', cases.some(({ before }) => before === ' ')],
    ['end', end.text !== 'END'],
    ['crlf', hasWindowsLines(statement.sql)],
  ]
  return shapes.filter(([, found]) => found).map(([shape]) => shape)
}

interface CaseExpression {
  open: Token
  close: Token
  /** Parentheses touch both its ends. */
  enclosed: boolean
  /** What ends it for who looks for END and then a `;` or a space; undefined where something else follows. */
  before: ';' | ' ' | undefined
}

/** CASE … END of a trigger's body, the inner ones too. */
function casesOf(tokens: Token[], beginAt: number): CaseExpression[] {
  const found: CaseExpression[] = []
  const open: number[] = []
  for (let at = beginAt + 1; at < tokens.length - 1; at += 1) {
    const token = tokens[at]
    const word = token?.kind === 'word' ? token.text.toUpperCase() : ''
    if (token === undefined || tokens[at - 1]?.text === '.') continue
    if (word === 'CASE') open.push(at)
    if (word !== 'END' || !endsOperand(tokens[at - 1])) continue
    const from = open.pop()
    const first = tokens[from ?? -1]
    if (from === undefined || first === undefined) continue
    const next = tokens[at + 1]
    const touches = next?.start === token.start + token.text.length
    found.push({
      open: first,
      close: token,
      enclosed: tokens[from - 1]?.text === '(' && next?.text === ')' && touches,
      before: next?.text === ';' ? ';' : touches ? undefined : ' ',
    })
  }
  return found
}

/** Words behind which an operand follows: END is a column's name there. */
const BEFORE_OPERAND =
  /^(?:CASE|WHEN|THEN|ELSE|AND|OR|NOT|IS|IN|LIKE|GLOB|MATCH|REGEXP|BETWEEN|ESCAPE|FROM|SELECT|SET|WHERE|ON|BY)$/i

function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false
  return token.kind === 'punctuation' ? token.text === ')' : !BEFORE_OPERAND.test(token.text)
}

function capitals({ start, text }: Token): { at: number; length: number; text: string } {
  return { at: start, length: text.length, text: text.toUpperCase() }
}

function hasWindowsLines(sql: string): boolean {
  return [...tokenize(sql)].some(
    ({ kind, text }) => (kind === 'space' || kind === 'comment') && text.includes('\r'),
  )
}

/** A comment to the end of its line becomes one that ends itself. What stands in quotes stays as it is. */
function inOneLine(sql: string): string {
  return [...tokenize(sql)]
    .map(({ kind, text }) => {
      if (kind === 'space') return ' '
      if (kind !== 'comment') return text
      const inner = text.startsWith('--') ? text.slice(2) : text.slice(2, -2)
      return `/* ${inner.replaceAll('*/', '* /').replaceAll(/\s+/g, ' ').trim()} */`
    })
    .join('')
}
