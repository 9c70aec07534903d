import { significantTokens, unquote } from '../../d1/sql/tokens.js'

/** The expression of each generated column of a CREATE TABLE, its tokens with single blanks; names of columns in lower case. */
export function generatedExpressions(sql: string): Map<string, string> {
  const found = new Map<string, string>()
  const tokens = significantTokens(sql)
  let depth = 0
  let column = ''
  for (const [at, { text }] of tokens.entries()) {
    const starts = depth === 1 && /^[(,]$/.test(tokens[at - 1]?.text ?? '')
    if (starts) column = unquote(text).toLowerCase()
    if (depth === 1 && /^as$/i.test(text) && tokens[at + 1]?.text === '(')
      found.set(column, inParentheses(tokens.slice(at + 1).map((token) => token.text)))
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
  }
  return found
}

function inParentheses(words: string[]): string {
  let depth = 0
  const end = words.findIndex((word) => {
    if (word === '(') depth += 1
    if (word === ')') depth -= 1
    return depth === 0
  })
  return words.slice(1, end).join(' ')
}
