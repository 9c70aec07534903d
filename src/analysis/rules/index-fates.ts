import type { DetailedCatalog, IndexSchema, TableSchema } from '../../d1/schema/schema.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import type { Evidence, TableFate } from '../evidence.js'
import { nameNow } from './attribution.js'
import { same } from './rule.js'
import { within } from './unique-keys.js'

/** What became of an index that a statement had made. `kept`: another one finds and refuses the same. */
export interface IndexFate {
  fate: TableFate
  index: IndexSchema
  outcome: 'kept' | 'changed' | 'lost'
  /** For `changed`: the one of its name, or the one that is unique by more columns. */
  by?: IndexSchema
  /** Rows that a unique index refused are taken. */
  loosened: boolean
}

/** All indexes by CREATE INDEX whose table and columns are still there. */
export function indexFates(evidence: Evidence): IndexFate[] {
  return evidence.fates.flatMap((fate) => {
    const { after } = fate
    if (after === undefined) return []
    return fate.before.indexes
      .filter(({ origin }) => origin === 'statement')
      .filter((index) => hasColumns(index, fate, after))
      .map((index) => fateOf(index, fate, after))
  })
}

function hasColumns(index: IndexSchema, fate: TableFate, after: TableSchema): boolean {
  return index.columns.every(
    (column) => column === null || after.columns.some(({ name }) => same(name, nameNow(fate, column))),
  )
}

function fateOf(index: IndexSchema, fate: TableFate, after: TableSchema): IndexFate {
  const columns = index.columns.map((column) => (column === null ? null : nameNow(fate, column)))
  const loosened = index.unique && !staysUnique(index, columns, fate, after)
  const about = { fate, index, loosened }
  if (!loosened && stillFinds(index, columns, fate, after)) return { ...about, outcome: 'kept' }
  const by =
    after.indexes.find(({ name }) => same(name, index.name)) ??
    after.indexes.find((other) => index.unique && other.unique && within(columns, other.columns))
  return by === undefined ? { ...about, outcome: 'lost' } : { ...about, outcome: 'changed', by }
}

/** Some key refuses all that this one refused: the same columns or fewer, compared the same way. */
function staysUnique(
  index: IndexSchema,
  columns: IndexSchema['columns'],
  fate: TableFate,
  after: TableSchema,
): boolean {
  const coarseAsBefore = (other: IndexSchema): boolean =>
    other.columns.every((column, at) => {
      const was = index.collations[columns.findIndex((name) => same(name ?? undefined, column ?? undefined))]
      return was === undefined || was === 'BINARY' || was === other.collations[at]
    })
  const byKey = after.primaryKey.length > 0 && !index.partial && within(after.primaryKey, columns)
  return (
    byKey ||
    after.indexes.some(
      (other) =>
        other.unique &&
        (body(other) === body(index, fate) ||
          (!other.partial && within(other.columns, columns) && coarseAsBefore(other))),
    )
  )
}

/** Equal, or for a plain one any that starts with its columns; of a key that became narrower its first column is enough. */
function stillFinds(
  index: IndexSchema,
  columns: IndexSchema['columns'],
  fate: TableFate,
  after: TableSchema,
): boolean {
  const leads = (names: IndexSchema['columns']): boolean =>
    columns.every((column, at) => column !== null && same(column, names[at] ?? undefined))
  const narrower = (names: IndexSchema['columns']): boolean =>
    index.unique &&
    names[0] !== undefined &&
    within(names, columns) &&
    same(names[0] ?? '', columns[0] ?? undefined)
  // One that names a collation finds what compares by it; else it goes with its columns, and CT101 tells what they lose.
  const named = significantTokens(index.sql).some(({ text }) => /^collate$/i.test(text))
  const compares = (other: IndexSchema): boolean =>
    !named || columns.every((_, at) => index.collations[at] === other.collations[at])
  if (!named && (leads(after.primaryKey) || narrower(after.primaryKey))) return true
  return after.indexes.some((other) => {
    if (body(other) !== '' && body(other) === body(index, fate)) return true
    return (
      !other.partial &&
      ((leads(other.columns) && compares(other)) || (other.unique && narrower(other.columns)))
    )
  })
}

/** What the index covers, without its own name and its table's, in the words of afterwards. */
function body(index: IndexSchema, fate?: TableFate): string {
  const tokens = significantTokens(index.sql)
  const start = tokens.findIndex(({ text }) => text === '(')
  if (start < 0) return ''
  return tokens
    .slice(start)
    .map(({ kind, text }) => {
      if (kind === 'string') return text
      const name = unquote(text)
      return (fate === undefined ? name : nameNow(fate, name)).toLowerCase()
    })
    .join(' ')
}

/** Its columns and conditions as they are written. */
export function describeIndex(index: IndexSchema): string {
  const unique = index.unique ? 'UNIQUE ' : ''
  const open = index.sql.indexOf('(')
  return `${unique}${open < 0 ? `(${index.columns.join(', ')})` : index.sql.slice(open)}`
}

/** The statement that makes it, under a name that is free afterwards. */
export function creationOf(index: IndexSchema, after: DetailedCatalog): string {
  const taken = new Set(
    [...after.tables.values()].flatMap((table) => [
      table.name.toLowerCase(),
      ...table.indexes.map(({ name }) => name.toLowerCase()),
    ]),
  )
  if (!taken.has(index.name.toLowerCase())) return `${index.sql};`
  let number = 2
  while (taken.has(`${index.name}_${number}`.toLowerCase())) number += 1
  const token = significantTokens(index.sql).find(({ text }) => same(unquote(text), index.name))
  if (token === undefined) return `${index.sql};`
  const end = token.start + token.text.length
  return `${index.sql.slice(0, token.start)}"${index.name}_${number}"${index.sql.slice(end)};`
}
