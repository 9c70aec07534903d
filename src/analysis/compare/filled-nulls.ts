import { shownValue } from '../../d1/sqlite/sqlite.js'
import type { DatabaseSync } from 'node:sqlite'
import type { FilledColumn } from '../evidence.js'
import { column, number, SAMPLES, type Pair } from './row-keys.js'

/** NULLs that are values now, in rows that are there before (`b`) and after (`s`). `from`: FROM clause of both. */
export function filledColumns(database: DatabaseSync, from: string, pairs: Pair[]): FilledColumn[] {
  const filled = ({ was, is }: Pair): string =>
    `${column('b', was)} IS NULL AND ${column('s', is)} IS NOT NULL`
  const counts = pairs.map((pair, at) => `count(CASE WHEN ${filled(pair)} THEN 1 END) AS f${at}`)
  if (counts.length === 0) return []
  const row = database.prepare(`SELECT ${counts.join(', ')} FROM ${from}`).get() ?? {}
  return pairs.flatMap((pair, at) => {
    const rows = Number(row[`f${at}`])
    if (rows === 0) return []
    const values = database
      .prepare(
        `SELECT ${shownValue(column('s', pair.is), 80)} AS value, count(*) AS rows FROM ${from} WHERE ${filled(pair)} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${SAMPLES}`,
      )
      .all()
      .map((sample) => ({ value: String(sample['value']), rows: Number(sample['rows']) }))
    const one = `SELECT (+${column('s', pair.is)}) FROM ${from} WHERE ${filled(pair)} LIMIT 1`
    const known =
      values.length === 1
        ? number(
            database,
            `SELECT count(*) AS n FROM ${from} WHERE (+${column('b', pair.was)}) COLLATE BINARY IS (${one})`,
          )
        : 0
    return [{ column: pair.was, after: pair.is, rows, values, ...(known === 0 ? {} : { known }) }]
  })
}
