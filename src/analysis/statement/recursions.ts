import type { DatabaseSync } from 'node:sqlite'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { closingAt } from '../../d1/sql/parentheses.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'
import { armsOf } from './compound.js'

/** One table of a WITH. */
interface CommonTable {
  name: string
  columns: string[] | undefined
  /** Its SELECT. */
  body: string
}

/**
 * A SELECT in which each recursion of its WITH is replaced by the rows that it starts from, for the question from where columns come:
 * SQLite names no origin of what a recursion gives. A column that a step gives on as it found it keeps its origin, any other has none.
 * The SELECT itself where it has no recursion. Throws SQLite's error for what does not compile.
 */
export function withoutRecursion(database: DatabaseSync, select: string): string {
  const tokens = significantTokens(select)
  const found = commonTables(select, tokens)
  if (found === undefined) return select
  let changed = false
  const done: string[] = []
  const before = (): string => (done.length === 0 ? '' : `WITH ${done.join(', ')} `)
  for (const { name, columns, body } of found.tables) {
    const listed = columns === undefined ? '' : ` (${columns.map(quoteName).join(', ')})`
    const arms = armsOf(body, { distinct: true })
    const steps = arms.filter((arm) => names(arm, name))
    const starts = arms.filter((arm) => !names(arm, name))
    const [start] = starts
    if (steps.length === 0 || start === undefined) {
      done.push(`${quoteName(name)}${listed} AS (${body})`)
      continue
    }
    changed = true
    const origins = database.prepare(`${before()}${start}`).columns()
    const called = columns ?? origins.map(({ name: own }) => own)
    const seen = [...done, `${quoteName(name)}${listed} AS (${start})`].join(', ')
    const given = steps.map((step) => database.prepare(`WITH ${seen} ${step}`).columns())
    const kept = origins.map(
      ({ table, column }, at) =>
        table !== null &&
        column !== null &&
        given.every((step) => step[at]?.table === table && step[at].column === column),
    )
    const first = `__first_${name}`
    done.push(`${quoteName(first)} (${called.map(quoteName).join(', ')}) AS (${start})`)
    const shown = called.map(
      (own, at) => `${kept[at] === true ? '' : '+'}${quoteName(own)} AS ${quoteName(own)}`,
    )
    done.push(`${quoteName(name)} AS (SELECT ${shown.join(', ')} FROM ${quoteName(first)})`)
  }
  return changed ? `${before()}${found.rest}` : select
}

/** Whether rows of several SELECTs come together in one statement: of those that a recursion starts from, or of others beside it. */
export function isOfSeveral(sql: string, tokens: readonly Token[]): boolean {
  const unites = (text: string): boolean =>
    significantTokens(text).some((token) => /^union$/i.test(token.text))
  const at = tokens.find(({ text }) => /^with$/i.test(text))?.start
  const select = at === undefined ? undefined : sql.slice(at)
  const found = select === undefined ? undefined : commonTables(select, significantTokens(select))
  if (found === undefined) return unites(sql)
  return (
    unites(found.rest) ||
    found.tables.some(
      ({ name, body }) => armsOf(body, { distinct: true }).filter((arm) => !names(arm, name)).length > 1,
    )
  )
}

function names(sql: string, table: string): boolean {
  return significantTokens(sql).some(({ text }) => unquote(text).toLowerCase() === table.toLowerCase())
}

/** The tables of a WITH and what follows them; undefined where there is none, or it is written otherwise than this reads it. */
function commonTables(sql: string, tokens: Token[]): { tables: CommonTable[]; rest: string } | undefined {
  const word = (at: number): string => tokens[at]?.text.toLowerCase() ?? ''
  if (word(0) !== 'with') return undefined
  let at = word(1) === 'recursive' ? 2 : 1
  const tables: CommonTable[] = []
  for (;;) {
    const name = unquote(tokens[at]?.text ?? '')
    at += 1
    let columns: string[] | undefined
    if (word(at) === '(') {
      const close = closing(tokens, at)
      columns = tokens
        .slice(at + 1, close)
        .filter(({ text }) => text !== ',')
        .map(({ text }) => unquote(text))
      at = close + 1
    }
    if (word(at) !== 'as') return undefined
    at += 1
    if (word(at) === 'not') at += 1
    if (word(at) === 'materialized') at += 1
    const close = closing(tokens, at)
    const [open, end] = [tokens[at], tokens[close]]
    if (name === '' || open === undefined || end === undefined || open.text !== '(') return undefined
    tables.push({ name, columns, body: sql.slice(open.start + 1, end.start) })
    at = close + 1
    if (word(at) !== ',') return { tables, rest: sql.slice(tokens[at]?.start ?? sql.length) }
    at += 1
  }
}

function closing(tokens: Token[], open: number): number {
  const found = closingAt(tokens, open)
  return found < 0 ? tokens.length : found
}
