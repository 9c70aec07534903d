/** What a piece of SQL text is, as SQLite's tokenizer sees it. */
export type TokenKind =
  | 'space'
  | 'comment'
  | 'string'
  | 'name'
  | 'word'
  | 'number'
  | 'variable'
  | 'punctuation'

export interface Token {
  kind: TokenKind
  text: string
  /** Position of the first character in the text. */
  start: number
  /** A quote or block comment that the text never closes. */
  open: boolean
}

/**
 * Every character of `sql` lies in exactly one token. Written by hand, character by character: `validate` reads whole folders and
 * must not be slower than SQLite itself. Source: https://sqlite.org/src/file/src/tokenize.c
 */
export function* tokenize(sql: string): Generator<Token> {
  let at = 0
  while (at < sql.length) {
    const token = tokenAt(sql, at)
    yield token
    at += token.text.length
  }
}

/** Tokens without white space and comments. */
export function significantTokens(sql: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; at < sql.length;) {
    const token = tokenAt(sql, at)
    if (token.kind !== 'space' && token.kind !== 'comment') tokens.push(token)
    at += token.text.length
  }
  return tokens
}

/** The token that starts at a position inside the text. */
export function tokenAt(sql: string, start: number): Token {
  const code = sql.charCodeAt(start)
  if (isSpace(code)) return token('space', sql, start, runEnd(sql, start + 1, isSpace))
  if (isWordStart(code)) {
    // x'…' is one blob literal.
    if ((code === 0x78 || code === 0x58) && sql.charCodeAt(start + 1) === QUOTE)
      return quoted('string', sql, start, start + 1)
    return token('word', sql, start, runEnd(sql, start + 1, isWordPart))
  }
  if (isDigit(code) || (code === 0x2e && isDigit(sql.charCodeAt(start + 1))))
    return token('number', sql, start, numberEnd(sql, start))
  const next = sql.charCodeAt(start + 1)
  switch (code) {
    case QUOTE:
      return quoted('string', sql, start, start)
    case 0x22:
    case 0x60:
      return quoted('name', sql, start, start)
    case 0x5b: {
      const close = sql.indexOf(']', start + 1)
      return { ...token('name', sql, start, close < 0 ? sql.length : close + 1), open: close < 0 }
    }
    case 0x2d:
      if (next === 0x2d) {
        const end = sql.indexOf('\n', start)
        return token('comment', sql, start, end < 0 ? sql.length : end)
      }
      break
    case 0x2f:
      if (next === 0x2a) {
        const close = sql.indexOf('*/', start + 2)
        return { ...token('comment', sql, start, close < 0 ? sql.length : close + 2), open: close < 0 }
      }
      break
    default:
  }
  const variable = variableEnd(sql, start, code)
  if (variable > start) return token('variable', sql, start, variable)
  const pair = sql.slice(start, start + 2)
  if (pair === '->' && sql.charAt(start + 2) === '>') return token('punctuation', sql, start, start + 3)
  return token('punctuation', sql, start, start + (PAIRS.has(pair) || isSurrogate(code) ? 2 : 1))
}

/** The name that a token spells, without its quotes. */
export function unquote(text: string): string {
  const quote = text.charAt(0)
  if (quote === '[') return text.slice(1, text.endsWith(']') ? -1 : undefined)
  if (quote !== '"' && quote !== '`' && quote !== "'") return text
  const closed = text.length > 1 && text.endsWith(quote)
  return text.slice(1, closed ? -1 : undefined).replaceAll(quote + quote, quote)
}

const QUOTE = 0x27
const DOLLAR = 0x24
const PAIRS = new Set(['||', '->', '<<', '>>', '<=', '>=', '<>', '!=', '=='])

function token(kind: TokenKind, sql: string, start: number, end: number): Token {
  return { kind, text: sql.slice(start, end), start, open: false }
}

/** A quoted text or name: a doubled quote inside belongs to it. */
function quoted(kind: TokenKind, sql: string, start: number, openAt: number): Token {
  const quote = sql.charAt(openAt)
  for (let at = openAt + 1; ; at += 2) {
    at = sql.indexOf(quote, at)
    if (at < 0) return { ...token(kind, sql, start, sql.length), open: true }
    if (sql.charAt(at + 1) !== quote) return token(kind, sql, start, at + 1)
  }
}

function runEnd(sql: string, from: number, belongs: (code: number) => boolean): number {
  let at = from
  while (at < sql.length && belongs(sql.charCodeAt(at))) at += 1
  return at
}

const NUMBER = /0[xX][\da-fA-F]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y

function numberEnd(sql: string, start: number): number {
  NUMBER.lastIndex = start
  return start + (NUMBER.exec(sql)?.[0].length ?? 1)
}

/**
 * `?1`, `:name`, `@name`, `$name`, and `$name(…)`, whose brackets hold anything but white space: also quotes and semicolons.
 * Yields `start` for anything else.
 */
function variableEnd(sql: string, start: number, code: number): number {
  if (code === 0x3f) return runEnd(sql, start + 1, isDigit)
  if (code !== 0x3a && code !== 0x40 && code !== 0x23 && code !== DOLLAR) return start
  let at = start + 1
  for (;;) {
    const end = runEnd(sql, at, isWordPart)
    if (sql.startsWith('::', end)) at = end + 2
    else if (end === start + 1) return start
    else if (sql.charAt(end) !== '(') return end
    else {
      const close = runEnd(sql, end + 1, (inside) => !isSpace(inside) && inside !== 0x29)
      return sql.charAt(close) === ')' ? close + 1 : close
    }
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xfeff
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** All beyond ASCII may be part of a word. */
function isWordStart(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x5f ||
    (code >= 0x80 && code !== 0xfeff)
  )
}

function isWordPart(code: number): boolean {
  return isWordStart(code) || isDigit(code) || code === DOLLAR
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
