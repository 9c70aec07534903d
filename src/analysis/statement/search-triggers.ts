import { depthsOf, enclosed, partsAtCommas } from '../../d1/sql/parentheses.js'
import type { TriggerSchema } from '../../d1/schema/schema.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'

export type WriteKind = 'INSERT' | 'UPDATE' | 'DELETE'

/** How a trigger writes the rows of a table into a search index: SQL expressions over an alias `t` of the table. */
export interface SearchFeed {
  /** The table whose rows are to be found. */
  table: string
  /** Columns of the index, `rowid` among them where the trigger sets it, and what they get. */
  columns: { name: string; expression: string }[]
  /** Only rows of this condition are written. */
  condition?: string
}

/**
 * What an AFTER INSERT trigger says of the index that it fills by INSERT … VALUES; undefined where it does not, or says it otherwise.
 * `row`: what the row is called there in place of `new`.
 */
export function searchFeed(trigger: TriggerSchema, index: string, row = 't'): SearchFeed | undefined {
  const tokens = significantTokens(trigger.sql)
  const words = tokens.map(({ kind, text }) => (kind === 'string' ? text : unquote(text).toLowerCase()))
  const begin = words.indexOf('begin')
  const head = words.slice(0, begin)
  const on = head.indexOf('on')
  if (begin < 0 || on < 0 || !head.slice(0, on).includes('insert')) return undefined
  const into = words.findIndex(
    (word, at) => at > begin && word === 'into' && words[at + 1] === index.toLowerCase(),
  )
  const names = into < 0 ? undefined : list(tokens, into + 2)
  if (names === undefined) return undefined
  const values = words[names.end] === 'values' ? list(tokens, names.end + 1) : selected(tokens, names.end)
  if (values === undefined || values.items.length !== names.items.length) return undefined
  const columns = names.items.map((name, at) => ({
    name: unquote(name[0]?.text ?? ''),
    expression: overRows(values.items[at] ?? [], row),
  }))
  // INSERT INTO f (f, …) VALUES ('delete', …) is a command, not a row.
  if (columns.some(({ name }) => name.toLowerCase() === index.toLowerCase())) return undefined
  const when = head.indexOf('when')
  const conditions = [when < 0 ? [] : tokens.slice(when + 1, begin), 'where' in values ? values.where : []]
  const told = conditions.filter(({ length }) => length > 0).map((words) => overRows(words, row))
  const [first = ''] = told
  return {
    table: trigger.table,
    columns,
    ...(told.length === 0
      ? {}
      : { condition: told.length === 1 ? first : told.map((one) => `(${one})`).join(' AND ') }),
  }
}

/** What a SELECT of the new row alone, FROM nothing, gives and asks for. */
function selected(tokens: Token[], at: number): { items: Token[][]; where: Token[] } | undefined {
  if (!isWord(tokens[at], 'select')) return undefined
  const end = tokens.findIndex(({ text }, position) => position > at && text === ';')
  const own = tokens.slice(at + 1, end < 0 ? undefined : end)
  const depths = depthsOf(own)
  const outer = (word: string): number =>
    own.findIndex((token, position) => depths[position] === 0 && isWord(token, word))
  if (ELSEWHERE.some((word) => outer(word) >= 0)) return undefined
  const where = outer('where')
  return {
    items: partsAtCommas(where < 0 ? own : own.slice(0, where)),
    where: where < 0 ? [] : own.slice(where + 1),
  }
}

/** Words by which a SELECT reads more than the row, or gives another number of rows. */
const ELSEWHERE = ['from', 'union', 'intersect', 'except', 'group', 'order', 'limit', 'distinct', 'as']

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toLowerCase() === word
}

/** The items of a parenthesised list that opens at a token; `end` is the token after it. */
function list(tokens: Token[], open: number): { items: Token[][]; end: number } | undefined {
  const inside = enclosed(tokens, open)
  return inside === undefined ? undefined : { items: partsAtCommas(inside), end: open + inside.length + 2 }
}

/** `new.body` as `t.body`. */
function overRows(tokens: Token[], alias: string): string {
  return tokens
    .map(({ text, start }, at) => {
      const spaced = at > 0 && start > (tokens[at - 1]?.start ?? 0) + (tokens[at - 1]?.text.length ?? 0)
      const row = /^new$/i.test(text) && tokens[at + 1]?.text === '.'
      return `${spaced ? ' ' : ''}${row ? alias : text}`
    })
    .join('')
}

/**
 * The write that fires a trigger, and whether its words choose among the rows or look something up: not what it does to any row. Undefined
 * where its head is not understood.
 */
export function firing(trigger: TriggerSchema): { kind: WriteKind; chosen: boolean } | undefined {
  const words = significantTokens(trigger.sql).map(({ text }) => text.toUpperCase())
  const head = words.slice(0, Math.max(0, words.indexOf('BEGIN')))
  // Behind the name, which may be one of these words.
  const named = head.indexOf('TRIGGER') + (head.includes('EXISTS') ? 5 : 2)
  const kind = head.slice(named).find((word) => isWrite(word))
  const chosen = words.some((word) => CHOOSING.has(word))
  return kind === undefined || !isWrite(kind) ? undefined : { kind, chosen }
}

const CHOOSING = new Set(['WHEN', 'SELECT', 'CASE', 'IIF', 'AND', 'OR'])

function isWrite(word: string): word is WriteKind {
  return word === 'INSERT' || word === 'UPDATE' || word === 'DELETE'
}

/** Tables that the statements of a trigger write. */
export function writtenBy(trigger: TriggerSchema): string[] {
  const tokens = significantTokens(trigger.sql)
  const begin = tokens.findIndex(({ text }) => /^begin$/i.test(text))
  return tokens.slice(begin + 1).flatMap(({ kind, text }, at, body) => {
    const starts = kind === 'word' && [undefined, ';'].includes(body[at - 1]?.text)
    if (!starts) return []
    const word = text.toLowerCase()
    const rest = body.slice(at + 1)
    const named = (position: number): string[] => {
      const token = rest[position]
      return token === undefined ? [] : [unquote(token.text)]
    }
    if (word === 'insert' || word === 'replace')
      return named(rest.findIndex((it) => /^into$/i.test(it.text)) + 1)
    if (word === 'delete') return named(1)
    if (word === 'update') return named(/^or$/i.test(rest[0]?.text ?? '') ? 2 : 0)
    return []
  })
}
