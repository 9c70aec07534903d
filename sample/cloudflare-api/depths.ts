import type { DatabaseSync } from 'node:sqlite'
import { significantTokens } from '../../src/d1/sql/tokens.js'
import { sqlFailure, type ApiFailure } from './failure.js'

const EXPRESSION_DEPTH = 100
const TRIGGER_DEPTH = 10

/** Weakest first: a chain of one kind ends where a weaker one joins. */
const CHAINS: readonly (readonly string[])[] = [['OR'], ['AND'], ['+', '-'], ['*', '/', '%'], ['||']]
/** Where an expression ends. */
const ENDS = new Set(
  (
    'SELECT FROM WHERE GROUP HAVING ORDER LIMIT ON SET VALUES UNION INTERSECT EXCEPT CASE WHEN THEN ELSE END ' +
    'JOIN RETURNING BETWEEN AS'
  ).split(' '),
)
/** These join what the arithmetic around them has made. */
const COMPARISONS = new Set(['=', '==', '!=', '<>', '<', '>', '<=', '>=', 'IS', 'IN', 'LIKE', 'GLOB'])

/**
 * What workerd's engine limits and Node's SQLite, which has ten times as much, cannot be told to. Never more than the engine would
 * refuse: of expressions the longest chain of one kind of operator, of triggers those that start each other whatever the row.
 * Source: cloudflare/workerd, src/workerd/util/sqlite.c++; the texts are workerd's.
 */
export function tooDeep(sql: string, database: DatabaseSync): ApiFailure | undefined {
  if (longestChain(sql) >= EXPRESSION_DEPTH)
    return sqlFailure(`Expression tree is too large (maximum depth ${EXPRESSION_DEPTH}): SQLITE_ERROR`)
  const table = insertedInto(sql)
  if (table !== undefined && triggersFrom(table, database) > TRIGGER_DEPTH)
    return sqlFailure('triggers nested too deep: SQLITE_ERROR')
  return undefined
}

/** The most operators of one kind in a row. */
function longestChain(sql: string): number {
  let longest = 0
  const levels = [CHAINS.map(() => 0)]
  for (const { kind, text } of significantTokens(sql)) {
    const word = kind === 'word' ? text.toUpperCase() : text
    const counts = levels.at(-1) ?? []
    const strength = CHAINS.findIndex((operators) => operators.includes(word))
    if (word === '(') levels.push(CHAINS.map(() => 0))
    else if (word === ')') levels.pop()
    else if (word === ',' || word === ';' || ENDS.has(word)) counts.fill(0)
    else if (COMPARISONS.has(word)) counts.fill(0, 2)
    else if (strength >= 0) {
      counts.fill(0, strength + 1)
      counts[strength] = (counts[strength] ?? 0) + 1
      longest = Math.max(longest, counts[strength])
    }
    if (levels.length === 0) levels.push(CHAINS.map(() => 0))
  }
  return longest
}

function insertedInto(sql: string): string | undefined {
  return /^\s*INSERT\s+INTO\s+["`[]?(\w+)["`\]]?\s*(?:\([^)]*\)\s*)?(?:VALUES|DEFAULT)\b/i
    .exec(sql)?.[1]
    ?.toLowerCase()
}

/** How many triggers an INSERT into the table starts one within the other. */
function triggersFrom(table: string, database: DatabaseSync): number {
  const triggers = database.prepare(`SELECT tbl_name, sql FROM sqlite_schema WHERE type = 'trigger'`).all()
  if (triggers.length <= TRIGGER_DEPTH) return 0
  const next = new Map<string, string[]>()
  for (const { tbl_name: on, sql } of triggers) {
    const body = /\bAFTER\s+INSERT\s+ON\s+\S+\s+(?:FOR\s+EACH\s+ROW\s+)?BEGIN\s([\s\S]*)END\s*$/i.exec(
      String(sql),
    )?.[1]
    const into = (body ?? '').split(';').flatMap((statement) => insertedInto(statement) ?? [])
    const from = String(on).toLowerCase()
    next.set(from, [...(next.get(from) ?? []), ...into])
  }
  const depth = (of: string, seen: readonly string[]): number => {
    // A ring goes on only with recursive triggers, which are off unless a connection says so.
    if (seen.includes(of)) return 0
    const known = next.get(of)
    return known === undefined ? 0 : 1 + Math.max(0, ...known.map((into) => depth(into, [...seen, of])))
  }
  return depth(table, [])
}
