import type { DatabaseSync } from 'node:sqlite'
import { shownValue } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange } from '../evidence.js'
import { differ, isEmpty } from './differing.js'
import { column, SAMPLES, type Pair } from './row-keys.js'
import { plainNumber } from './text-to-number.js'

/** The values of now that stand for several different ones of before, as a SELECT. `from`: FROM clause of both rows. */
export function valuesOfSeveral(from: string, pair: Pair): string {
  const [b, s] = [column('b', pair.was), column('s', pair.is)]
  return `SELECT (+${s}) COLLATE BINARY AS is_now, count(DISTINCT ${plainNumber(b)}) AS different, count(CASE WHEN ${differ(pair)} THEN 1 END) AS changed FROM ${from} WHERE ${b} IS NOT NULL AND NOT (${isEmpty(s)}) GROUP BY 1 HAVING different > 1 AND changed > 0`
}

/** Values of one column that were different and are equal now; undefined where there are none. */
export function mergedValues(
  database: DatabaseSync,
  from: string,
  pair: Pair,
  key: Pair[],
): Omit<NonNullable<ColumnChange['merged']>, 'lost'> | undefined {
  const several = valuesOfSeveral(from, pair)
  const row = database
    .prepare(
      `SELECT count(*) AS into_, coalesce(sum(different), 0) AS different, coalesce(sum(changed), 0) AS changed FROM (${several})`,
    )
    .get()
  const into = Number(row?.['into_'])
  if (into === 0) return undefined
  const keyText = key.map(({ was }) => shownValue(column('b', was))).join(` || ', ' || `)
  const [b, s] = [column('b', pair.was), column('s', pair.is)]
  const samples = database
    .prepare(
      `SELECT ${keyText} AS key, ${shownValue(b, 80)} AS before, ${shownValue(s, 80)} AS after FROM ${from}
       WHERE ${b} IS NOT NULL AND (+${s}) COLLATE BINARY IN (SELECT is_now FROM (${several}) LIMIT ${SAMPLES}) GROUP BY +${s}, ${plainNumber(b)} LIMIT ${SAMPLES}`,
    )
    .all()
    .map((it) => ({ key: String(it['key']), before: String(it['before']), after: String(it['after']) }))
  return { rows: Number(row?.['changed']), values: Number(row?.['different']), into, samples }
}
