import { depthsOf } from '../../d1/sql/parentheses.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'

/**
 * Whether a condition holds for every row that has a value in the column: `a IS NOT NULL OR b = 1`, `coalesce(a, b) IS NOT NULL`. `any`: pieces
 * of it, which may be called otherwise and of which an empty one is none. False where that does not follow from its words.
 */
export function letsThrough(condition: Token[], column: string, any = false): boolean {
  const { own, next } = parted(condition)
  // What is taken out of the rows for which it holds, no condition says.
  if (next !== undefined && /^(?:limit|except|intersect)$/i.test(next.text)) return false
  const either = split(own, 'or')
  if (either.length > 1) return either.some((part) => letsThrough(part, column, any))
  const both = split(own, 'and')
  if (both.length > 1) return both.every((part) => letsThrough(part, column, any))
  return holdsForValues(own, column, any)
}

/** The literal that every row has in the column for which a condition holds: `kind = 'image' AND …`. Undefined where that does not follow from its words. */
export function literalWanted(condition: Token[], column: string): string | undefined {
  const { own } = parted(condition)
  if (split(own, 'or').length > 1) return undefined
  const both = split(own, 'and')
  if (both.length > 1)
    return both.map((part) => literalWanted(part, column)).find((literal) => literal !== undefined)
  const sides = split(own, '=')
  const [left = [], right = []] = sides
  if (sides.length !== 2) return undefined
  const isColumn = (side: Token[]): boolean =>
    (side.length === 1 || (side.length === 3 && side[1]?.text === '.')) &&
    /^(?:word|name)$/.test(side[0]?.kind ?? '') &&
    unquote(side.at(-1)?.text ?? '').toLowerCase() === column.toLowerCase()
  const literal = isColumn(left) ? right : isColumn(right) ? left : []
  const [only, ...more] = literal
  const plain =
    more.length === 0 && (only?.kind === 'number' || (only?.kind === 'string' && only.text.startsWith("'")))
  return plain ? only.text : undefined
}

/** What belongs to a condition, and the first word of the clause that follows it. */
function parted(condition: Token[]): { own: Token[]; next: Token | undefined } {
  const depths = depthsOf(condition)
  const end = condition.findIndex(
    ({ text }, at) =>
      (depths[at] ?? 0) <= 0 &&
      /^(?:;|group|order|having|returning|window|on|limit|union|except|intersect)$/i.test(text),
  )
  return { own: unwrapped(end < 0 ? condition : condition.slice(0, end)), next: condition[end] }
}

function holdsForValues(tokens: Token[], column: string, any: boolean): boolean {
  const words = tokens.map(({ text }) => unquote(text).toLowerCase())
  const texts = tokens.map(({ text }) => text)
  // Without the name of the table before it.
  const plain = words.filter((word, at) => word !== '.' && words[at + 1] !== '.')
  const values = texts.filter((text, at) => text !== '.' && texts[at + 1] !== '.')
  const isColumn = (word: string | undefined): boolean =>
    word !== undefined && (any ? /^\w/.test(word) : word === column.toLowerCase())
  const [first] = plain
  if (isColumn(first)) {
    const rest = plain.slice(1).join(' ')
    return /^(?:is not null|not null|notnull)$/.test(rest) || (any && isNotEmpty(values.slice(1)))
  }
  if (/^(?:length|trim|ltrim|rtrim|coalesce|ifnull|octet_length)$/.test(first ?? '') && plain[1] === '(') {
    const close = plain.lastIndexOf(')')
    const inside = plain.slice(2, close)
    const rest = plain.slice(close + 1).join(' ')
    if (!inside.some((word) => isColumn(word))) return false
    if (/length/.test(first ?? '')) return any && /^(?:> 0|>= 1|<> 0|!= 0)$/.test(rest)
    return rest === 'is not null' || rest === 'notnull' || (any && isNotEmpty(values.slice(close + 1)))
  }
  return (
    any &&
    values.length === 3 &&
    values[0] === "''" &&
    /^(?:<>|!=)$/.test(values[1] ?? '') &&
    isColumn(plain[2])
  )
}

function isNotEmpty(texts: string[]): boolean {
  return /^(?:<>|!=|is not) ''$/i.test(texts.join(' '))
}

/** Without the parentheses that enclose all of it. */
function unwrapped(tokens: Token[]): Token[] {
  const encloses =
    tokens[0]?.text === '(' &&
    tokens.at(-1)?.text === ')' &&
    depthsOf(tokens)
      .slice(1)
      .every((depth) => depth > 0)
  return encloses ? unwrapped(tokens.slice(1, -1)) : tokens
}

function split(tokens: Token[], by: 'and' | 'or' | '='): Token[][] {
  const parts: Token[][] = [[]]
  const depths = depthsOf(tokens)
  let between = false
  for (const [at, token] of tokens.entries()) {
    const outside = depths[at] === 0
    if (outside && /^between$/i.test(token.text)) between = true
    const splits = outside && token.text.toLowerCase() === by
    if (splits && !(by === 'and' && between)) parts.push([])
    else parts.at(-1)?.push(token)
    if (splits) between = false
  }
  return parts
}
