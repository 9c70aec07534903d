import { enclosed, partsAtCommas } from '../../d1/sql/parentheses.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'

/** What becomes of a row that breaks a rule of the table, where no statement says otherwise. Source: https://sqlite.org/lang_conflict.html */
export interface ConflictClause {
  rule: 'UNIQUE' | 'PRIMARY KEY' | 'NOT NULL'
  columns: string[]
  /** Upper case. */
  action: string
}

/** Every ON CONFLICT of a CREATE TABLE. */
export function conflictClausesIn(sql: string): ConflictClause[] {
  if (!/\bconflict\b/i.test(sql)) return []
  return definitionsOf(significantTokens(sql)).flatMap((tokens) => {
    const words = tokens.map(({ kind, text }) => (kind === 'word' ? text.toUpperCase() : text))
    return words.flatMap((word, at): ConflictClause[] => {
      if (word !== 'CONFLICT' || words[at - 1] !== 'ON') return []
      const rule = words.slice(0, at).findLast((it) => /^(?:UNIQUE|PRIMARY|NULL|CHECK)$/.test(it))
      if (rule === undefined || rule === 'CHECK') return []
      const name = rule === 'PRIMARY' ? 'PRIMARY KEY' : rule === 'NULL' ? 'NOT NULL' : 'UNIQUE'
      const listed = /^(?:CONSTRAINT|UNIQUE|PRIMARY)$/.test(words[0] ?? '')
      const open = words.indexOf('(')
      const columns = listed
        ? tokens
            .slice(open + 1, words.indexOf(')'))
            .filter((_, index, all) => (all[index - 1]?.text ?? ',') === ',')
        : tokens.slice(0, 1)
      return [{ rule: name, columns: columns.map(({ text }) => unquote(text)), action: words[at + 1] ?? '' }]
    })
  })
}

/** The columns and constraints that stand between the parentheses of a CREATE TABLE. */
function definitionsOf(tokens: Token[]): Token[][] {
  const inside = enclosed(
    tokens,
    tokens.findIndex(({ text }) => text === '('),
  )
  return inside === undefined ? [] : partsAtCommas(inside)
}
