import { defined } from '../../contract/defined.js'
import type { IndexSchema, TableSchema } from '../../d1/schema/schema.js'
import { significantTokens, unquote } from '../../d1/sql/tokens.js'
import { refusesAll, uniqueKeyOf, uniqueKeysOf, type Known } from '../compare/unique-strength.js'
import type { Evidence, TableFate } from '../evidence.js'
import { collationsIn } from '../statement/collations.js'
import { nameNow } from './attribution.js'
import type { Fix } from '../../contract/finding.js'
import { creationOf } from '../statement/index-creation.js'
import { atEndOf, same, type Location } from './rule.js'
import { within } from './unique-keys.js'

/** What became of an index that a statement had made. `kept`: another one finds and refuses the same, and no more. */
export interface IndexFate {
  fate: TableFate
  index: IndexSchema
  outcome: 'kept' | 'changed' | 'lost'
  /** For `changed`: the one of its name, or the one that is unique instead. */
  by?: IndexSchema
  /** All that a unique index refused is refused still. */
  refuses: Known
  /** `by` refuses rows that nothing refused. */
  more: boolean
  /** What it found is found by another one: every search, or those for values only. */
  finds: 'all' | 'values' | 'otherwise'
  /** The collation by which it compared its first column and no index of now that starts with it does. */
  unfound?: { column: string; collation: string }
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
  const named = (column: string): string => nameNow(fate, column)
  const key = uniqueKeyOf(index, fate.before, named)
  const refuses = index.unique ? refusesAll(uniqueKeysOf(after), key, after) : 'yes'
  const finds = stillFinds(index, columns, fate, after)
  const by =
    after.indexes.find(({ name }) => same(name, index.name)) ??
    after.indexes.find(
      (other) =>
        index.unique &&
        other.unique &&
        (within(columns, other.columns) || refusesAll([uniqueKeyOf(other, after)], key, after) === 'yes'),
    )
  const more =
    by?.unique === true &&
    !hasBody(index, fate, after) &&
    refusesAll(uniqueKeysOf(fate.before, named), uniqueKeyOf(by, after), after) === 'no'
  const about = {
    ...{ fate, index, refuses, more, finds },
    ...defined({ unfound: finds === 'otherwise' ? unfound(index, columns, fate, after) : undefined }),
  }
  if (refuses === 'yes' && finds === 'all' && !more) return { ...about, outcome: 'kept' }
  return by === undefined
    ? { ...about, outcome: refuses === 'yes' && finds === 'all' ? 'kept' : 'lost' }
    : { ...about, outcome: 'changed', by }
}

/** An index of now says word for word the same. */
function hasBody(index: IndexSchema, fate: TableFate, after: TableSchema): boolean {
  return after.indexes.some((other) => body(other) !== '' && body(other) === body(index, fate))
}

/** Equal, or for a plain one any that starts with its columns; of a key that became narrower its first column is enough. */
function stillFinds(
  index: IndexSchema,
  columns: IndexSchema['columns'],
  fate: TableFate,
  after: TableSchema,
): IndexFate['finds'] {
  if (hasBody(index, fate, after)) return 'all'
  const leads = (names: IndexSchema['columns']): boolean =>
    columns.every((column, at) => column !== null && same(column, names[at] ?? undefined))
  const narrower = (names: IndexSchema['columns']): boolean =>
    index.unique &&
    names[0] !== undefined &&
    within(names, columns) &&
    same(names[0] ?? '', columns[0] ?? undefined)
  const wanted = columns.map((_, at) => comparedBy(index, at, columns, fate, after))
  const compares = (other: IndexSchema, count: number): boolean =>
    wanted.slice(0, count).every((collation, at) => collation === other.collations[at])
  const own = columns.every((_, at) => comparesAsColumn(index, at, fate))
  if (own && (leads(after.primaryKey) || narrower(after.primaryKey))) return 'all'
  const serves = (other: IndexSchema): boolean =>
    (leads(other.columns) && compares(other, columns.length)) ||
    (other.unique && narrower(other.columns) && compares(other, 1))
  if (after.indexes.some((other) => !other.partial && serves(other))) return 'all'
  // What is searched for a value is not NULL: SQLite uses such an index then, and not to sort.
  const onlyValues = (other: IndexSchema): boolean => {
    const { where } = uniqueKeyOf(other, after)
    return (
      where.length === 1 &&
      /^(?:is not null|not null|notnull)$/.test((where[0] ?? []).slice(1).join(' ')) &&
      same(where[0]?.[0], columns[0] ?? undefined)
    )
  }
  return after.indexes.some((other) => serves(other) && onlyValues(other)) ? 'values' : 'otherwise'
}

/** It compares a column as queries do that name no collation. */
function comparesAsColumn({ collations, columns }: IndexSchema, at: number, { before }: TableFate): boolean {
  const own = collationsIn(before.sql).get((columns[at] ?? '').toLowerCase()) ?? 'BINARY'
  return collations[at] === own
}

/** The collation that an index of now needs to find what this one found: it goes with its column where it did, and CT101 tells what that loses. */
function comparedBy(
  index: IndexSchema,
  at: number,
  columns: IndexSchema['columns'],
  fate: TableFate,
  after: TableSchema,
): string {
  if (!comparesAsColumn(index, at, fate)) return index.collations[at] ?? 'BINARY'
  return collationsIn(after.sql).get((columns[at] ?? '').toLowerCase()) ?? 'BINARY'
}

function unfound(
  index: IndexSchema,
  columns: IndexSchema['columns'],
  fate: TableFate,
  after: TableSchema,
): IndexFate['unfound'] {
  const [column] = columns
  if (column === undefined || column === null) return undefined
  const collation = comparedBy(index, 0, columns, fate, after)
  const starts = after.indexes.some(
    (other) => same(other.columns[0] ?? undefined, column) && other.collations[0] === collation,
  )
  return starts || same(after.primaryKey[0], column) ? undefined : { column, collation }
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

/** What SQLite said where it was tried on the tables of now. */
export function indexAgainText({ notMadeAgain = [] }: Evidence, { name }: IndexSchema): string {
  const refused = notMadeAgain.find((it) => it.type === 'index' && same(it.name, name))
  return refused === undefined ? '' : ` As it was it cannot be made again: ${refused.message}.`
}

/** The statement that makes it again, at the end of the file; none where that was tried and does not work. */
export function indexAgain(
  evidence: Evidence,
  place: Location,
  { index, fate }: Pick<IndexFate, 'index' | 'fate'>,
): { fix?: Fix } {
  return indexAgainText(evidence, index) === ''
    ? atEndOf(evidence, place, [creationOf(index, evidence.after, fate)])
    : {}
}
