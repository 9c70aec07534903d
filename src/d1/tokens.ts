/** What a piece of SQL text is, as SQLite's tokenizer sees it. */
export type TokenKind = 'space' | 'comment' | 'string' | 'name' | 'word' | 'number' | 'punctuation'

export interface Token {
  kind: TokenKind
  text: string
  /** Position of the first character in the text. */
  start: number
  /** A quote or block comment that the text never closes. */
  open: boolean
}

const PATTERN =
  /(?<space>[\s\uFEFF]+)|(?<comment>--[^\n]*|\/\*.*?(?:\*\/|$))|(?<string>[xX]?'[^']*(?:''[^']*)*'?)|(?<name>"[^"]*(?:""[^"]*)*"?|`[^`]*(?:``[^`]*)*`?|\[[^\]]*\]?)|(?<number>0[xX][\da-fA-F]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<word>[\p{L}_$\u0080-\uFFFF][\p{L}\p{N}_$\u0080-\uFFFF]*)|(?<punctuation>\|\||->>?|<<|>>|<=|>=|<>|!=|==|.)/suy

/** Every character of `sql` lies in exactly one token. */
export function* tokenize(sql: string): Generator<Token> {
  const pattern = new RegExp(PATTERN)
  while (pattern.lastIndex < sql.length) {
    const start = pattern.lastIndex
    const match = pattern.exec(sql)
    if (match === null) {
      // Unreachable while the last alternative takes any character; kept so that a gap can never loop for ever.
      pattern.lastIndex = start + 1
      yield { kind: 'punctuation', text: sql.charAt(start), start, open: false }
      continue
    }
    const kind = kindOf(match.groups ?? {})
    yield { kind, text: match[0], start, open: isOpen(kind, match[0]) }
  }
}

/** Tokens without white space and comments. */
export function significantTokens(sql: string): Token[] {
  return [...tokenize(sql)].filter(({ kind }) => kind !== 'space' && kind !== 'comment')
}

/** The name that a token spells, without its quotes. */
export function unquote(text: string): string {
  const quote = text.charAt(0)
  if (quote === '[') return text.slice(1, text.endsWith(']') ? -1 : undefined)
  if (quote !== '"' && quote !== '`' && quote !== "'") return text
  const closed = text.length > 1 && text.endsWith(quote)
  return text.slice(1, closed ? -1 : undefined).replaceAll(quote + quote, quote)
}

function kindOf(groups: Record<string, string | undefined>): TokenKind {
  for (const kind of ['space', 'comment', 'string', 'name', 'number', 'word'] as const) {
    if (groups[kind] !== undefined) return kind
  }
  return 'punctuation'
}

function isOpen(kind: TokenKind, text: string): boolean {
  if (kind === 'comment') return text.startsWith('/*') && (text.length < 4 || !text.endsWith('*/'))
  if (kind === 'string') return !closes(text.replace(/^[xX]/, ''), "'")
  if (kind !== 'name') return false
  return text.startsWith('[') ? !text.endsWith(']') : !closes(text, text.charAt(0))
}

/** An even number of quotes closes: doubled ones inside count twice. */
function closes(text: string, quote: string): boolean {
  return text.split(quote).length % 2 === 1
}
