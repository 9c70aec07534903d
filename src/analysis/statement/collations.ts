import { significantTokens, unquote } from '../../d1/sql/tokens.js'

/**
 * The collation of each column of a CREATE TABLE that names one, other than BINARY: names of columns in lower case, of collations in upper
 * case. SQLite tells it for indexes only, so the words are read.
 */
export function collationsIn(sql: string): Map<string, string> {
  const found = new Map<string, string>()
  if (!/\bcollate\b/i.test(sql)) return found
  let depth = 0
  let column = ''
  const tokens = significantTokens(sql)
  for (const [at, { text }] of tokens.entries()) {
    const starts = depth === 1 && /^[(,]$/.test(tokens[at - 1]?.text ?? '')
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    if (starts) column = unquote(text).toLowerCase()
    if (depth !== 1 || !/^collate$/i.test(text)) continue
    const name = unquote(tokens[at + 1]?.text ?? '').toUpperCase()
    if (name !== 'BINARY') found.set(column, name)
  }
  return found
}
