import type { IndexSchema, TableSchema } from '../../d1/schema/schema.js'
import { columnTerm, refusesAll, uniqueKeysOf } from '../compare/unique-strength.js'
import type { TableFate } from '../evidence.js'
import { nameNow } from './attribution.js'
import { same } from './rule.js'

/** What became of a key of the table's own text. `kept`: rows that it refused are refused still, by it or a stronger one. */
export interface UniqueKeyFate {
  /** Names of before. */
  columns: string[]
  primary: boolean
  outcome: 'kept' | 'loosened' | 'lost'
  /** For `loosened`: what is still unique, in words. */
  by?: string
}

/** The primary key and the UNIQUE constraints of before whose columns are all still there; CREATE UNIQUE INDEX is judged by IX101. */
export function uniqueKeys(fate: TableFate, after: TableSchema): UniqueKeyFate[] {
  const { before } = fate
  const keys = [
    ...(before.primaryKey.length === 0 ? [] : [{ columns: before.primaryKey, primary: true }]),
    ...before.indexes
      .filter(({ origin }) => origin === 'unique')
      .map(({ columns }) => ({ columns: columns.filter((name) => name !== null), primary: false })),
  ]
  return keys.flatMap((key) => {
    const columns = key.columns.map((name) => nameNow(fate, name))
    if (!columns.every((column) => after.columns.some(({ name }) => same(name, column)))) return []
    return [{ ...key, ...outcomeOf(columns, after) }]
  })
}

function outcomeOf(columns: string[], after: TableSchema): Pick<UniqueKeyFate, 'outcome' | 'by'> {
  const keys = [
    { columns: after.primaryKey as (string | null)[], partial: false },
    ...after.indexes.filter(({ unique }) => unique),
  ].filter((key) => key.columns.length > 0)
  if (keys.some((key) => !key.partial && within(key.columns, columns))) return { outcome: 'kept' }
  const plain = { terms: columns.map((column) => columnTerm(column, 'BINARY')), where: [] }
  if (refusesAll(uniqueKeysOf(after), plain, after) === 'yes') return { outcome: 'kept' }
  const wider = keys.find((key) => within(columns, key.columns))
  if (wider !== undefined) {
    const by = `(${wider.columns.join(', ')})${wider.partial ? ' under a condition' : ''}`
    return { outcome: 'loosened', by }
  }
  return { outcome: 'lost' }
}

/** All of `inner` are among `outer`; an expression is in none. */
export function within(inner: IndexSchema['columns'], outer: IndexSchema['columns']): boolean {
  return inner.every((column) => column !== null && outer.some((other) => same(other ?? undefined, column)))
}
