import { unquote, type Token } from '../../d1/sql/tokens.js'
import type { TableSchema } from '../../d1/schema/schema.js'
import type { StatementEvidence } from '../evidence.js'

/**
 * Whether a copy makes one row of several of a table (`name`, as it is called then): GROUP BY, an aggregate or DISTINCT stands where the table
 * is read, or an upsert adds to the row that is there. Not where the copy takes over its key, or the smallest or largest of each group: then its rows are rows of the table, fewer of
 * them; nor where DISTINCT takes all columns. What `columns` lists is copied as it is.
 */
export function condenses(
  { anatomy: { tokens } }: StatementEvidence,
  name: string,
  origin: Pick<TableSchema, 'columns' | 'primaryKey'> | undefined,
  columns: readonly string[],
): boolean {
  const reading = scopesOf(tokens).filter((scope) => reads(scope.tokens, name))
  const upserts =
    reading.length > 0 && /\bconflict\b.*\bdo update\b/i.test(tokens.map(({ text }) => text).join(' '))
  const made = [
    ...reading.flatMap((scope) => [scope, ...around(scope)]).flatMap(waysOf),
    ...(upserts ? ['group' as const] : []),
  ]
  if (made.length === 0) return false
  const copied = (column: string): boolean => columns.some((it) => it.toLowerCase() === column.toLowerCase())
  const { primaryKey = [], columns: all = [] } = origin ?? {}
  if (primaryKey.length > 0 && primaryKey.every((key) => copied(key) || picks(tokens, key))) return false
  const whole = all.every((column) => column.generated || copied(column.name))
  return !(whole && made.every((way) => way === 'distinct'))
}

/** A SELECT with what stands in its own parentheses left out. */
interface Scope {
  tokens: Token[]
  /** The one that reads it: `FROM (SELECT …)`. */
  reader: Scope | undefined
  /** What stands in the parentheses that a token opens. */
  inside: Map<Token, Token[]>
}

function scopesOf(tokens: Token[]): Scope[] {
  const first: Scope = { tokens: [], reader: undefined, inside: new Map() }
  const all = [first]
  const open = [first]
  for (const [at, token] of tokens.entries()) {
    const { text } = token
    const here = open.at(-1) ?? first
    if (text === ')') {
      if (open.length > 1) open.pop()
      continue
    }
    here.tokens.push(token)
    if (text !== '(') continue
    const isRead = /^(?:from|join|,)$/i.test(tokens[at - 1]?.text ?? '') && isInFrom(here.tokens)
    const inner: Scope = { tokens: [], reader: isRead ? here : undefined, inside: new Map() }
    here.inside.set(token, inner.tokens)
    all.push(inner)
    open.push(inner)
  }
  return all
}

/** The last clause that begins is FROM. */
function isInFrom(tokens: Token[]): boolean {
  const clause = tokens.findLast(({ text }) => /^(?:select|from|where|group|order|having|limit)$/i.test(text))
  return /^from$/i.test(clause?.text ?? '')
}

function around({ reader }: Scope): Scope[] {
  return reader === undefined ? [] : [reader, ...around(reader)]
}

function reads(tokens: Token[], name: string): boolean {
  return tokens.some(
    ({ text }, at) =>
      unquote(text).toLowerCase() === name.toLowerCase() &&
      /^(?:from|join|,|\.)$/i.test(tokens[at - 1]?.text ?? '') &&
      isInFrom(tokens.slice(0, at)),
  )
}

/** Source: https://sqlite.org/lang_aggfunc.html */
const AGGREGATES =
  /^(?:count|sum|total|avg|min|max|group_concat|string_agg|median|percentile|percentile_cont|percentile_disc|jsonb?_group_array|jsonb?_group_object)$/i

function waysOf({ tokens, inside }: Scope): ('distinct' | 'group')[] {
  return tokens.flatMap((token, at): ('distinct' | 'group')[] => {
    const next = tokens[at + 1]
    if (/^select$/i.test(token.text) && /^distinct$/i.test(next?.text ?? '')) return ['distinct']
    if (/^group$/i.test(token.text) && /^by$/i.test(next?.text ?? '')) return ['group']
    if (next?.text !== '(' || !AGGREGATES.test(token.text)) return []
    // max(a, b) is of one row, and a window leaves the rows apart.
    const several = /^(?:min|max)$/i.test(token.text) && inside.get(next)?.some(({ text }) => text === ',')
    const behind = /^filter$/i.test(tokens[at + 2]?.text ?? '') ? at + 4 : at + 2
    return several === true || /^over$/i.test(tokens[behind]?.text ?? '') ? [] : ['group']
  })
}

/** max(id), min(id). */
function picks(tokens: Token[], key: string): boolean {
  return tokens.some(({ text }, at) => {
    if (!/^(?:min|max)$/i.test(text) || tokens[at + 1]?.text !== '(') return false
    const dotted = tokens[at + 3]?.text === '.'
    const column = tokens[at + (dotted ? 4 : 2)]?.text ?? ''
    return tokens[at + (dotted ? 5 : 3)]?.text === ')' && unquote(column).toLowerCase() === key.toLowerCase()
  })
}
