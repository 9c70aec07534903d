import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import type { DataComparison, TableFate } from '../evidence.js'
import { column, missingRows, number, ROWID, SAMPLES, type Pair } from './row-keys.js'
import type { Versions } from './versions.js'

/**
 * Rows of a table without a key of its own that are gone while an equal one, in every column, is still there: what is lost is how often it
 * was there. They are no longer among the lost ones then.
 */
export function withEqualRows(
  { database }: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  key: Pair[] | undefined,
  found: DataComparison,
): DataComparison {
  const columns = fate.before.columns.filter(({ generated }) => !generated)
  const keyless = key === undefined || key.every(({ was }) => was === ROWID)
  if (!keyless || found.lost === 0 || found.moved > 0 || pairs.length !== columns.length) return found
  const prior = `prior.${quoteName(fate.before.name)} b`
  const gone = key === undefined ? prior : missingRows(fate, after, key)
  const side = (alias: 'b' | 's', of: 'was' | 'is', from: string): string =>
    `SELECT ${pairs.map((pair, at) => `(+${column(alias, pair[of])}) COLLATE BINARY AS x${at}, typeof(${column(alias, pair[of])}) AS t${at}`).join(', ')}, ${of === 'was' ? '1 AS was, 0 AS now' : '0 AS was, 1 AS now'} FROM ${from}`
  const both = `${side('b', 'was', gone)} UNION ALL ${side('s', 'is', `main.${quoteName(after.name)} s`)}`
  const names = pairs.map((_, at) => `x${at}, t${at}`).join(', ')
  const groups = `SELECT ${names}, sum(was) AS was, sum(now) AS now FROM (${both}) GROUP BY ${names}`
  const lost = number(database, `SELECT coalesce(sum(was), 0) AS n FROM (${groups}) WHERE now = 0`)
  if (lost >= found.lost) return found
  const shown = pairs
    .slice(0, 4)
    .map((_, at) => shownValue(`x${at}`, 40))
    .join(` || ', ' || `)
  const samples = (where: string): string[] =>
    database
      .prepare(`SELECT ${shown} AS sample FROM (${groups}) WHERE ${where} LIMIT ${SAMPLES}`)
      .all()
      .map((row) => String(row['sample']))
  return {
    ...{ ...found, lost, lostSamples: samples('now = 0 AND was > 0') },
    ...{
      equal: found.lost - lost,
      equalSamples: samples(`now > 0 AND was > ${key === undefined ? 'now' : '0'}`),
    },
  }
}
