import type { ReverseCondition } from '../../contract/rollback.js'
import { defined } from '../../contract/defined.js'
import { affinityOf } from '../../d1/schema/affinity.js'
import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { keyOf, pairsOf, ROWID, type Pair } from '../compare/row-keys.js'
import {
  primaryKeyOf,
  refusesAll,
  uniqueKeyOf,
  uniqueKeysOf,
  type UniqueKey,
} from '../compare/unique-strength.js'
import type { Evidence, TableFate } from '../evidence.js'
import { filler } from './columns.js'

/**
 * What rows written behind the migration can do to the reverse, told from the schemas and from which rows went: what the tables of before
 * refuse and those of now take, and keys that are free again. Empty where nothing that can be written stands in its way.
 */
export function conditionsOf({ fates }: Pick<Evidence, 'fates'>): ReverseCondition[] {
  return fates.flatMap((fate) => {
    const { before, after } = fate
    if (before.kind !== 'table') return []
    if (after === undefined) return dropped(fate)
    const pairs = pairsOf(fate, after)
    return [
      ...deleted(fate, after, pairs),
      ...updated(fate),
      ...uniques(before, after, pairs),
      ...columns(before, after, pairs),
      ...rules(fate, after),
    ]
  })
}

/** What the backup does not hold of it is written out by nothing. */
function dropped({ before, data }: TableFate): ReverseCondition[] {
  if (data === undefined || data.rowsBefore === 0) return []
  return [{ kind: 'dropped', table: before.name, columns: [], ...defined({ text: data.movedTo }) }]
}

function deleted(fate: TableFate, after: TableSchema, pairs: Pair[]): ReverseCondition[] {
  const { before, data } = fate
  const gone = data === undefined ? 0 : data.lost + (data.equal ?? 0) + (data.summed?.rows ?? 0)
  const key = keyOf(fate, after, pairs)
  // Without a key they stay as they are, which the price says.
  if (gone === 0 || key === undefined) return []
  const byRowid = key.some(({ was }) => was === ROWID)
  return [{ kind: 'deleted', table: before.name, columns: [], ...(byRowid ? { text: 'rowid' } : {}) }]
}

/** Columns whose values were changed by the forward files in rows that stay: of rows that came later nobody knows the value of before. */
function updated({ before, data }: TableFate): ReverseCondition[] {
  const changed = (data?.columns ?? []).filter(
    ({ after, changed: rows, nulled, retyped = 0 }) => after !== undefined && rows + nulled > retyped,
  )
  const names = new Set([
    ...changed.map(({ column }) => column),
    ...(data?.filled ?? []).map(({ column }) => column),
    ...(data?.summed?.columns ?? []),
  ])
  return names.size === 0 ? [] : [{ kind: 'update', table: before.name, columns: [...names] }]
}

/** What must differ before and need not now. */
function uniques(before: TableSchema, after: TableSchema, pairs: readonly Pair[]): ReverseCondition[] {
  const named = (was: string): string => pairs.find((pair) => sameName(pair.was, was))?.is ?? was
  const now = uniqueKeysOf(after)
  const refused = (key: UniqueKey): boolean => refusesAll(now, key, after) === 'yes'
  const byIndex = before.indexes
    .filter((index) => index.unique && !refused(uniqueKeyOf(index, before, named)))
    .map((index) => index.columns.map((name) => name ?? index.name))
  const hasIndex = before.indexes.some(({ origin }) => origin === 'primary-key')
  const rowid = before.primaryKey.length === 0 || hasIndex || before.withoutRowid
  const byRowid = rowid || refused(primaryKeyOf(before, named)) ? [] : [before.primaryKey]
  return [...byIndex, ...byRowid].map((names) => ({ kind: 'unique', table: before.name, columns: names }))
}

function sameList(one: readonly (string | null)[], other: readonly string[]): boolean {
  return one.length === other.length && other.every((name, at) => sameName(one[at] ?? '', name))
}

function columns(before: TableSchema, after: TableSchema, pairs: readonly Pair[]): ReverseCondition[] {
  return before.columns.flatMap((was): ReverseCondition[] => {
    const is = after.columns.find(({ name }) =>
      pairs.some((pair) => pair.was === was.name && pair.is === name),
    )
    const about = { table: before.name, columns: [was.name] }
    if (is === undefined) return was.generated ? [] : [{ kind: 'no-value', ...about }]
    const nullable = was.notNull && !is.notNull && was.keyPosition === 0
    return [
      ...(nullable ? [{ kind: 'null' as const, ...about, text: filler(was) }] : []),
      ...(affinityOf(was.type) === affinityOf(is.type)
        ? []
        : [{ kind: 'type' as const, ...about, text: was.type }]),
    ]
  })
}

function rules({ before, checks = [], renamedColumns }: TableFate, after: TableSchema): ReverseCondition[] {
  const named = (was: string): string => renamedColumns.get(was.toLowerCase()) ?? was
  return [
    ...checks
      .filter(({ outcome }) => outcome !== 'covered')
      .map(({ check, columns: about }) => ({
        ...{ kind: 'check' as const, table: before.name, columns: about, text: check },
      })),
    ...before.foreignKeys
      .filter((key) => !after.foreignKeys.some(({ columns: now }) => sameList(now, key.columns.map(named))))
      .map((key) => ({
        ...{ kind: 'foreign-key' as const, table: before.name, columns: key.columns, text: key.target },
      })),
  ]
}
