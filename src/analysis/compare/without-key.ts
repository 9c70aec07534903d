import type { DatabaseSync } from 'node:sqlite'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange, DataComparison, TableFate } from '../evidence.js'
import { column, number, SAMPLES, type Pair } from './row-keys.js'
import { rowsNotIn } from './whole-rows.js'

/**
 * Without a key only whole rows can be compared, equal ones as often as they are there. Where as many are there as before and all of
 * them agree in some columns, the values of the others have changed; else the rows are lost.
 */
export function compareWithoutKey(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  start: DataComparison,
): DataComparison {
  if (pairs.length === 0) return { ...start, lost: start.rowsBefore }
  const notIn = (some: Pair[]): string =>
    rowsNotIn(
      {
        values: some.map(({ was }) => column('b', was)),
        from: `prior.${quoteName(fate.before.name)} b`,
      },
      [{ values: some.map(({ is }) => column('s', is)), from: `main.${quoteName(after.name)} s` }],
    )
  const count = (some: Pair[]): number => number(database, `SELECT count(*) AS n FROM (${notIn(some)})`)
  const lost = count(pairs)
  if (lost === 0) return start
  if (start.rowsAfter >= start.rowsBefore) {
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
  const shown = pairs
    .slice(0, 4)
    .map((_, at) => `substr(quote(x${at}), 1, 40)`)
    .join(` || ', ' || `)
  const lostSamples = database
    .prepare(`SELECT ${shown} AS sample FROM (${notIn(pairs)}) LIMIT ${SAMPLES}`)
    .all()
    .map((row) => String(row['sample']))
  return { ...start, lost, lostSamples }
}

function changeOf(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  { was, is }: Pair,
  different: number,
): ColumnChange[] {
  const values = withValue(database, fate.before.name, was, 'prior')
  const nulled = Math.max(0, values - withValue(database, after.name, is, 'main'))
  const changed = Math.max(0, Math.min(different, values) - nulled)
  return nulled + changed === 0 ? [] : [{ column: was, after: is, values, nulled, changed, samples: [] }]
}

function withValue(database: DatabaseSync, table: string, name: string, schema: 'main' | 'prior'): number {
  return number(database, `SELECT count(${quoteName(name)}) AS n FROM ${schema}.${quoteName(table)}`)
}
