import type { DatabaseSync } from 'node:sqlite'
import type { Token } from '../../d1/sql/tokens.js'
import { column, type Pair } from './row-keys.js'
import type { Writing } from './writers.js'

/**
 * What a column was, calculated from what it is now, where one calculation that a statement spells (`views + 9`) is undone by its reverse
 * in every row; undefined where it is not. `from`: FROM clause of both rows.
 */
export function undoneBy(
  database: DatabaseSync,
  from: string,
  { was, is }: Pair,
  { expressions }: Writing,
): string | undefined {
  const ways = expressions.flatMap((tokens) => reverses(tokens))
  if (ways.length === 0) return undefined
  const wrong = ways.map((way, at) => `max(${way(column('s', is))} IS NOT ${column('b', was)}) AS w${at}`)
  const row = database.prepare(`SELECT ${wrong.join(', ')} FROM ${from}`).get() ?? {}
  return ways.find((_, at) => row[`w${at}`] === 0)?.(is)
}

type Way = (value: string) => string

function reverses(tokens: Token[]): Way[] {
  return tokens.flatMap(({ kind, text }, at): Way[] => {
    const [before, after] = [tokens[at - 1]?.text ?? '', tokens[at + 1]?.text ?? '']
    if (/^not$/i.test(text) && !/^(?:is|case|when)$/i.test(before)) return [(value) => `NOT ${value}`]
    if (kind !== 'number') return []
    const n = text.replaceAll('_', '')
    const quotient: Way = (value) => `${value} / ${/[.e]/i.test(n) ? n : `${n}.0`}`
    const ways: Record<string, Way> = {
      '+': (value) => `${value} - ${n}`,
      '*': quotient,
      '-': (value) => `${value} + ${n}`,
      '/': (value) => `${value} * ${n}`,
    }
    const [left, right] = [ways[before], after === '-' ? (value: string) => `${n} - ${value}` : undefined]
    const first = after === '+' || after === '*' ? ways[after] : right
    return [left, first].filter((way) => way !== undefined)
  })
}
