import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange, DataComparison, TableFate } from '../evidence.js'
import { columnChanges } from './column-changes.js'
import { differ } from './differing.js'
import { join, number, type Pair } from './row-keys.js'
import { uniformColumns } from './uniform-columns.js'
import type { Versions } from './versions.js'
import { compareWithoutKey } from './without-key.js'
import type { Writing } from './writers.js'

/** A column that is computed before, afterwards or both times. */
interface ComputedPair extends Pair {
  computed: 'otherwise' | 'now' | 'no longer'
}

export function computedPairs(fate: TableFate, after: TableSchema): ComputedPair[] {
  return fate.before.columns.flatMap(({ name, generated }): ComputedPair[] => {
    const wanted = fate.renamedColumns.get(name.toLowerCase()) ?? name
    const now = after.columns.find((column) => sameName(column.name, wanted))
    if (now === undefined || !(generated || now.generated)) return []
    const computed = generated ? (now.generated ? 'otherwise' : 'no longer') : 'now'
    return [{ was: name, is: now.name, computed }]
  })
}

/** What computes them stands in no statement that wrote rows. */
const computed = (name: string): Writing => ({
  columns: [name],
  maps: true,
  beside: [],
  elsewhere: false,
  computes: false,
  shiftedBy: [],
  within: [],
  expressions: [],
})

/**
 * What became of the values of generated columns, and of ordinary ones that are generated now or were. `pairs`: the ordinary columns. A
 * column that is computed both times follows what it is made of: only rows whose ordinary columns are all as they were tell of its expression.
 */
export function computedChanges(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  key: Pair[] | undefined,
  compared: DataComparison,
): ColumnChange[] {
  const { database } = versions
  const wanted = computedPairs(fate, after)
  if (wanted.length === 0 || !fate.written) return []
  const told = (change: ColumnChange): ColumnChange[] => {
    const pair = wanted.find(({ was }) => was === change.column)
    return pair === undefined ? [] : [{ ...change, computed: pair.computed }]
  }
  if (key === undefined) {
    // Without a key what the rows say besides must be as it was.
    if (compared.lost > 0 || compared.columns.length > 0) return []
    const { lost, columns } = compareWithoutKey(database, fate, after, [...pairs, ...wanted], compared)
    return lost > 0 ? [] : columns.flatMap(told)
  }
  const rows = `prior.${quoteName(fate.before.name)} b CROSS JOIN main.${quoteName(after.name)} s ON ${join(key)}`
  const alike = `${rows}${pairs.map((pair) => ` AND NOT (${differ(pair)})`).join('')}`
  const among = (from: string, some: ComputedPair[]): ColumnChange[] =>
    some.length === 0 ? [] : columnChanges(database, from, some, key, computed)
  const changes = [
    ...among(
      rows,
      wanted.filter(({ computed }) => computed !== 'otherwise'),
    ),
    ...among(
      alike,
      wanted.filter(({ computed }) => computed === 'otherwise'),
    ),
  ]
  const uniform = uniformColumns(database, fate, after, changes)
  const valuesOf = (name: string): number =>
    number(database, `SELECT count(${quoteName(name)}) AS n FROM prior.${quoteName(fate.before.name)}`)
  return changes
    .flatMap((change) => told({ ...change, values: valuesOf(change.column) }))
    .map((change) => (uniform.includes(change.column) ? { ...change, uniform: true } : change))
}
