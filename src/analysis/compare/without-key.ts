import type { DatabaseSync } from 'node:sqlite'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange, DataComparison, TableFate } from '../evidence.js'
import { column, number, SAMPLES, shownRows, type Pair } from './row-keys.js'
import { plainNumber } from './text-to-number.js'
import { rowsNotIn } from './whole-rows.js'

/**
 * Without a key only whole rows can be compared, equal ones as often as they are there. Where as many are there as before and all of
 * them agree in some columns, the values of the others have changed; else the rows are lost. `othersPutIn`: rows went and others were written out, which are no changes.
 */
export function compareWithoutKey(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  start: DataComparison,
  { othersPutIn = false } = {},
): DataComparison {
  if (pairs.length === 0) return { ...start, lost: start.rowsBefore }
  const notIn = (some: Pair[]): string => valuesGone(fate, after, some)
  const count = (some: Pair[]): number => number(database, `SELECT count(*) AS n FROM (${notIn(some)})`)
  const lost = count(pairs)
  const multiplied = lost === 0 ? 0 : repeated(database, fate, after, pairs)
  if (lost === 0)
    return { ...start, columns: pairs.flatMap((pair) => retypedOnly(database, fate, after, pair)) }
  if (start.rowsAfter >= start.rowsBefore && !othersPutIn) {
    const changed = pairs.filter((pair) => count([pair]) > 0)
    const same = pairs.filter((pair) => !changed.includes(pair))
    if (changed.length > 0 && (same.length === 0 || count(same) === 0)) {
      const filled = changed.flatMap((pair) => {
        const rows =
          withValue(database, after.name, pair.is, 'main') -
          withValue(database, fate.before.name, pair.was, 'prior')
        return rows > 0 && start.rowsAfter === start.rowsBefore
          ? [{ column: pair.was, after: pair.is, rows, values: [] }]
          : []
      })
      return {
        ...start,
        columns: changed.flatMap((pair) => changeOf(database, fate, after, pair, count([pair]))),
        filled,
      }
    }
  }
  return { ...start, lost, multiplied, lostSamples: shownRows(database, pairs.length, notIn(pairs)) }
}

/**
 * What became of the values of each column, whichever rows they are in: for rows that cannot be told apart by their key. `lost`: so many
 * rows took theirs along.
 */
export function changedColumns(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  lost = 0,
): ColumnChange[] {
  return pairs.flatMap((pair) => {
    const gone = number(database, `SELECT count(*) AS n FROM (${valuesGone(fate, after, [pair])})`)
    return gone <= lost ? [] : changeOf(database, fate, after, pair, gone - lost, lost)
  })
}

/** A SELECT of what the rows of before say in these columns and those of now do not, as often as it is gone. */
function valuesGone(fate: TableFate, after: TableSchema, pairs: Pair[]): string {
  const was = {
    values: pairs.map((pair) => column('b', pair.was)),
    from: `prior.${quoteName(fate.before.name)} b`,
  }
  const is = { values: pairs.map((pair) => column('s', pair.is)), from: `main.${quoteName(after.name)} s` }
  return rowsNotIn(was, [is])
}

function changeOf(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  { was, is }: Pair,
  different: number,
  lost = 0,
): ColumnChange[] {
  const values = withValue(database, fate.before.name, was, 'prior')
  const nulled = Math.max(0, values - withValue(database, after.name, is, 'main') - lost)
  const changed = Math.max(0, Math.min(different, values) - nulled)
  if (nulled === 0 && changed > 0) {
    const [stored] = retypedOnly(database, fate, after, { was, is })
    if (stored?.changed === changed) return [stored]
  }
  return nulled + changed === 0 ? [] : [{ column: was, after: is, values, nulled, changed, samples: [] }]
}

/** The column where each value is there as often as before, and some of them as another type: 1 as 1.0 or '1'. */
function retypedOnly(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  { was, is }: Pair,
): ColumnChange[] {
  const [b, s] = [column('b', was), column('s', is)]
  const [prior, main] = [`prior.${quoteName(fate.before.name)} b`, `main.${quoteName(after.name)} s`]
  const types = ['integer', 'real', 'text', 'blob'].map(
    (type) =>
      `max(0, (SELECT count(*) FROM ${prior} WHERE typeof(${b}) = '${type}') - (SELECT count(*) FROM ${main} WHERE typeof(${s}) = '${type}'))`,
  )
  const changed = number(database, `SELECT ${types.join(' + ')} AS n`)
  if (
    changed === 0 ||
    withValue(database, after.name, is, 'main') < withValue(database, fate.before.name, was, 'prior')
  )
    return []
  const samples = database
    .prepare(
      `SELECT DISTINCT ${shownValue(b)} AS before, ${shownValue(s)} AS after FROM (SELECT * FROM ${prior} LIMIT 100) b JOIN ${main} ON ${s} IS ${b} AND typeof(${s}) <> typeof(${b}) LIMIT ${SAMPLES}`,
    )
    .all()
    .map((row) => ({ key: '', before: String(row['before']), after: String(row['after']) }))
  const values = withValue(database, fate.before.name, was, 'prior')
  const change = { column: was, after: is, values, nulled: 0, changed }
  const unlike = `SELECT ${plainNumber(b)} AS x FROM ${prior} WHERE ${b} IS NOT NULL EXCEPT SELECT ${plainNumber(s)} FROM ${main}`
  const cutSamples = database
    .prepare(`SELECT quote(x) AS before FROM (${unlike}) WHERE typeof(x) = 'text' LIMIT ${SAMPLES}`)
    .all()
    .map((row) => ({ key: '', before: String(row['before']), after: '' }))
  if (cutSamples.length === 0) return samples.length === 0 ? [] : [{ ...change, retyped: changed, samples }]
  const cut = number(
    database,
    `SELECT count(*) AS n FROM ${prior} WHERE typeof(${b}) = 'text' AND ${plainNumber(b)} IN (${unlike})`,
  )
  return [{ ...change, cut, cutSamples, ...(changed > cut ? { retyped: changed - cut } : {}), samples }]
}

/** Rows of now that are equal to one of before, more often than it was there. */
function repeated(database: DatabaseSync, fate: TableFate, after: TableSchema, pairs: Pair[]): number {
  const side = (alias: 'b' | 's', of: 'was' | 'is', from: string): string =>
    `SELECT ${pairs.map((pair, at) => `(+${column(alias, pair[of])}) COLLATE BINARY AS x${at}`).join(', ')}, ${of === 'was' ? '1 AS was, 0 AS now' : '0 AS was, 1 AS now'} FROM ${from} ${alias}`
  const both = `${side('b', 'was', `prior.${quoteName(fate.before.name)}`)} UNION ALL ${side('s', 'is', `main.${quoteName(after.name)}`)}`
  const equals = `SELECT sum(was) AS was, sum(now) AS now FROM (${both}) GROUP BY ${pairs.map((_, at) => `x${at}`).join(', ')}`
  return number(database, `SELECT coalesce(sum(max(0, now - was)), 0) AS n FROM (${equals}) WHERE was > 0`)
}

function withValue(database: DatabaseSync, table: string, name: string, schema: 'main' | 'prior'): number {
  return number(database, `SELECT count(${quoteName(name)}) AS n FROM ${schema}.${quoteName(table)}`)
}
