import { enclosed, partsAtCommas } from '../../d1/sql/parentheses.js'
import { affinityOf } from '../../d1/schema/affinity.js'
import type { IndexSchema, TableSchema } from '../../d1/schema/schema.js'
import { significantTokens, unquote, type Token } from '../../d1/sql/tokens.js'
import { collationsIn } from '../statement/collations.js'

/** What a unique index or key refuses: rows that meet `where`, say NULL in none of the terms, and are equal in all of them. */
export interface UniqueKey {
  terms: Term[]
  /** What AND joins, each as words. */
  where: string[][]
}

interface Term {
  /** Names and words in lower case, without quotes. */
  words: string[]
  /** The column that it is, or that it folds: lower() and upper() make equal what NOCASE does. */
  column?: string
  collation: string
}

/** Whether something is so; `unknown` where the words do not say. */
export type Known = 'yes' | 'no' | 'unknown'

type Naming = (column: string) => string

/** All that a table refuses. `named`: the name of now of a column. */
export function uniqueKeysOf(table: TableSchema, named: Naming = (name) => name): UniqueKey[] {
  const byIndex = table.indexes.filter(({ unique }) => unique)
  const own = table.primaryKey.length > 0 && !byIndex.some(({ origin }) => origin === 'primary-key')
  return [
    ...byIndex.map((index) => uniqueKeyOf(index, table, named)),
    ...(own ? [primaryKeyOf(table, named)] : []),
  ]
}

/** A primary key that is the row itself: SQLite lists no index for it. */
export function primaryKeyOf(table: TableSchema, named: Naming): UniqueKey {
  const collations = collationsIn(table.sql)
  const terms = table.primaryKey.map((name) =>
    columnTerm(named(name), collations.get(name.toLowerCase()) ?? 'BINARY'),
  )
  return { terms, where: [] }
}

export function uniqueKeyOf(
  index: IndexSchema,
  table: TableSchema,
  named: Naming = (name) => name,
): UniqueKey {
  const tokens = significantTokens(index.sql)
  const open = tokens.findIndex(({ text }) => text === '(')
  const { parts, end } = listed(tokens, open)
  const terms = index.columns.map((column, at): Term => {
    const collation = index.collations[at] ?? 'BINARY'
    if (column !== null) return columnTerm(named(column), collation)
    const words = wordsOf(withoutOrder(parts[at] ?? []), named)
    const folded = collation === 'BINARY' ? foldedBy(words, table, named) : undefined
    return folded === undefined ? { words, collation } : { words, column: folded, collation: 'NOCASE' }
  })
  const where = open < 0 ? [] : conjuncts(wordsOf(tokens.slice(end + 2), named))
  return { terms, where: index.partial ? where : [] }
}

export function columnTerm(name: string, collation: string): Term {
  const column = name.toLowerCase()
  return { words: [column], column, collation }
}

/** Whether some of these keys refuses every row that `weaker` refuses. `table`: whose columns they name. */
export function refusesAll(keys: readonly UniqueKey[], weaker: UniqueKey, table: TableSchema): Known {
  const found = keys.map((key) => implied(key, weaker, table))
  return found.includes('yes') ? 'yes' : found.includes('unknown') ? 'unknown' : 'no'
}

function implied(stronger: UniqueKey, weaker: UniqueKey, table: TableSchema): Known {
  const parts = [
    ...stronger.terms.map((term) => equalIn(term, weaker, table)),
    ...stronger.where.map((condition) => met(condition, weaker, table)),
  ]
  return parts.includes('no') ? 'no' : parts.includes('unknown') ? 'unknown' : 'yes'
}

/** Functions and words that give one value for one text, and NULL for NULL only. Source: https://sqlite.org/lang_corefunc.html */
const PLAIN = /^(?:lower|upper|trim|ltrim|rtrim|replace|hex|length|\|\||[(),]|'.*'|[0-9.]+)$/s

/** Whether rows that are equal in all of `weaker` are equal, and not NULL, in this term. */
function equalIn(term: Term, weaker: UniqueKey, table: TableSchema): Known {
  const alike = weaker.terms.some(
    ({ words, collation }) =>
      same(words, term.words) && (collation === term.collation || collation === 'BINARY'),
  )
  if (alike) return 'yes'
  const names = mentioned(term.words, table)
  const exact = (name: string): boolean =>
    weaker.terms.some(
      ({ column, words, collation }) => column === name && words.length === 1 && collation === 'BINARY',
    )
  if (term.column !== undefined) {
    const own = weaker.terms.filter(({ column }) => column === term.column)
    if (own.some((it) => it.collation === term.collation || exact(term.column ?? ''))) return 'yes'
    if (own.length > 0 || weaker.terms.some(({ words }) => folds(words, term.column))) return 'no'
  }
  if (names.some((name) => !weaker.terms.some(({ words }) => words.includes(name)))) return 'no'
  const plain = term.words.every((word) => names.includes(word) || PLAIN.test(word))
  // Equal texts are the same text; 1 and 1.0 are equal and are two texts.
  const texts = names.every((name) => exact(name) && isText(name, table))
  return plain && texts && names.length > 0 ? 'yes' : 'unknown'
}

/** Whether it makes one of several texts of the column. */
function folds([call = '', open, name, close]: string[], column: string | undefined): boolean {
  return (
    /^(?:lower|upper|trim|ltrim|rtrim|length)$/.test(call) && open === '(' && name === column && close === ')'
  )
}

const COMPARED = /^(?:=|==|<>|!=|<|>|<=|>=)$/

/** Whether every row that `weaker` looks at meets the condition. */
function met(condition: string[], weaker: UniqueKey, table: TableSchema): Known {
  if (weaker.where.some((other) => same(other, condition))) return 'yes'
  const [name = '', ...rest] = condition
  const column = table.columns.find((it) => it.name.toLowerCase() === name)
  const text = rest.join(' ')
  if (column !== undefined && /^(?:is not null|not null|notnull)$/.test(text)) {
    if (column.notNull || weaker.terms.some((term) => term.column === name)) return 'yes'
    return weaker.terms.some(({ words }) => words.includes(name)) ? 'unknown' : 'no'
  }
  const simple = /^(?:is null|isnull)$/.test(text) || (rest.length === 2 && COMPARED.test(rest[0] ?? ''))
  return column !== undefined && simple ? 'no' : 'unknown'
}

function foldedBy(words: string[], table: TableSchema, named: Naming): string | undefined {
  const [call = '', open, name = '', close] = words
  const folds = words.length === 4 && /^(?:lower|upper)$/.test(call) && open === '(' && close === ')'
  const text = table.columns.some((it) => named(it.name).toLowerCase() === name && isTextType(it.type))
  return folds && text ? name : undefined
}

function isText(name: string, table: TableSchema): boolean {
  return table.columns.some((it) => it.name.toLowerCase() === name && isTextType(it.type))
}

function isTextType(type: string): boolean {
  return affinityOf(type) === 'text'
}

function mentioned(words: readonly string[], table: TableSchema): string[] {
  return words.filter((word) => table.columns.some(({ name }) => name.toLowerCase() === word))
}

function wordsOf(tokens: readonly Token[], named: Naming): string[] {
  return tokens.map(({ kind, text }) => (kind === 'string' ? text : named(unquote(text)).toLowerCase()))
}

/** What the commas of the parentheses at `open` part, and where those close. */
function listed(tokens: readonly Token[], open: number): { parts: Token[][]; end: number } {
  const inside = enclosed(tokens, open)
  return inside === undefined
    ? { parts: [[]], end: tokens.length }
    : { parts: partsAtCommas(inside), end: open + 1 + inside.length }
}

/** An indexed expression without its COLLATE and ASC or DESC, which `collations` and nothing needs. */
function withoutOrder(tokens: readonly Token[]): Token[] {
  const last = tokens.findLastIndex(({ text }) => !/^(?:asc|desc)$/i.test(text))
  const kept = tokens.slice(0, last + 1)
  return /^collate$/i.test(kept.at(-2)?.text ?? '') ? kept.slice(0, -2) : kept
}

/** Conditions that AND joins outside of parentheses; one whole where AND may stand for something else. */
function conjuncts(words: readonly string[]): string[][] {
  if (words.length === 0) return []
  if (words.some((word) => /^(?:between|case|or)$/.test(word))) return [[...words]]
  const parts: string[][] = [[]]
  let depth = 0
  for (const word of words) {
    if (word === '(') depth += 1
    if (word === ')') depth -= 1
    if (depth === 0 && word === 'and') parts.push([])
    else parts.at(-1)?.push(word)
  }
  return parts
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && other.every((word, at) => word === one[at])
}
