import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import type { StatementEvidence, TableFate } from '../evidence.js'
import { column, type Pair } from './row-keys.js'
import { assignments, selectedFor, upToComma } from './writers.js'

/**
 * The key under which a row of before is found where one statement gave all of them another one that it calculates from the row itself:
 * `UPDATE … SET id = id + 100`, or a copy that selects `id + 100`. Undefined where it is calculated from anything else, or not at all.
 */
export function newKeyExpression(
  statements: StatementEvidence[],
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
): Pair[] | undefined {
  const key = fate.before.primaryKey.map((was) => pairs.find((pair) => pair.was === was))
  if (key.length === 0 || key.some((pair) => pair === undefined)) return undefined
  const writing = fate.how === 'kept' ? updatesOf(statements, fate, key) : copiesOf(statements, fate, after)
  const [writer, ...others] = writing
  if (writer === undefined || others.length > 0) return undefined
  const found = key.flatMap((pair): Pair[] => {
    if (pair === undefined) return []
    const sql = fate.how === 'kept' ? updated(writer, fate, pair) : copied(writer, fate, after, pair)
    return sql === undefined ? [] : [{ ...pair, by: sql }]
  })
  return found.length === key.length && found.some(({ by }) => by?.('b') !== undefined) ? found : undefined
}

type Written = (alias: string) => string

function updatesOf(
  statements: StatementEvidence[],
  { before }: TableFate,
  key: (Pair | undefined)[],
): StatementEvidence[] {
  return statements.filter(
    ({ anatomy, changes }) =>
      anatomy.verb === 'update' &&
      changes > 0 &&
      sameName(anatomy.target ?? '', before.name) &&
      assignments(anatomy.tokens).some((set) => key.some((pair) => sameName(pair?.was ?? '', set.column))),
  )
}

/** Copies into the table that takes the place, whatever it was called then, from this one alone. */
function copiesOf(
  statements: StatementEvidence[],
  { before }: TableFate,
  after: TableSchema,
): StatementEvidence[] {
  const names = new Set([after.name.toLowerCase()])
  for (const { anatomy } of [...statements].reverse()) {
    const { alteration, target = '' } = anatomy
    if (alteration?.kind === 'rename-table' && names.has(alteration.to.toLowerCase()))
      names.add(target.toLowerCase())
  }
  const copies = statements.filter(
    ({ anatomy }) =>
      anatomy.verb === 'insert' && anatomy.copies && names.has((anatomy.target ?? '').toLowerCase()),
  )
  const alone = copies.every(({ touches }) =>
    touches.every(({ how, table }) => how !== 'read' || sameName(table, before.name)),
  )
  return alone ? copies : []
}

function updated({ anatomy }: StatementEvidence, fate: TableFate, { was }: Pair): Written | undefined {
  const set = assignments(anatomy.tokens).find((it) => sameName(it.column, was))
  if (set === undefined) return (alias) => column(alias, was)
  if (anatomy.tokens.some(({ text }) => /^(?:select|from)$/i.test(text))) return undefined
  const value = ofRow(upToComma(set.value), fate.before)
  const where = anatomy.tokens.findIndex(({ text }) => /^where$/i.test(text))
  if (value === undefined || where < 0) return value
  const condition = ofRow(
    anatomy.tokens.slice(where + 1).filter(({ text }) => text !== ';'),
    fate.before,
  )
  if (condition === undefined) return undefined
  return (alias) => `CASE WHEN ${condition(alias)} THEN ${value(alias)} ELSE ${column(alias, was)} END`
}

function copied(
  { anatomy }: StatementEvidence,
  fate: TableFate,
  after: TableSchema,
  { is }: Pair,
): Written | undefined {
  const all = after.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  const value = selectedFor(anatomy, is, all)
  return value.length === 0 ? undefined : ofRow(value, fate.before)
}

const WORDS =
  /^(?:case|when|then|else|end|and|or|not|null|is|in|between|like|cast|as|integer|int|text|real|numeric)$/i
const FUNCTIONS =
  /^(?:cast|lower|upper|trim|ltrim|rtrim|substr|substring|replace|printf|format|hex|coalesce|ifnull|nullif|abs|round|length|instr|iif|min|max)$/i

/** The expression with its columns those of one row; undefined where it reads anything but the row. */
function ofRow(tokens: Token[], { columns }: TableSchema): Written | undefined {
  const parts: (string | Written)[] = []
  for (const [at, { kind, text }] of tokens.entries()) {
    const next = tokens[at + 1]?.text
    if (next === '.' || text === '.') continue
    const name = columns.find((it) => sameName(it.name, unquote(text)))?.name
    const isName = kind === 'name' || kind === 'word'
    if (next === '(' && /^(?:min|max)$/i.test(text) && !hasSeveral(tokens, at + 1)) return undefined
    if (isName && next !== '(' && name !== undefined) parts.push((alias) => column(alias, name))
    else if (isName && !(next === '(' ? FUNCTIONS : WORDS).test(text)) {
      // `IN (`, `AND (`.
      if (next !== '(' || !WORDS.test(text)) return undefined
      parts.push(text)
    } else parts.push(text)
  }
  return (alias) => `(${parts.map((part) => (typeof part === 'string' ? part : part(alias))).join(' ')})`
}

/** Several arguments: max(a, b) is of one row, max(a) of many. */
function hasSeveral(tokens: Token[], open: number): boolean {
  let depth = 0
  for (const { text } of tokens.slice(open)) {
    if (text === '(') depth += 1
    if (text === ')') depth -= 1
    if (depth === 1 && text === ',') return true
    if (depth === 0) return false
  }
  return false
}
