import type { DatabaseSync } from 'node:sqlite'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange, DataComparison, TableFate } from '../evidence.js'
import { column, missingRows, ROWID, SAMPLES, type Pair } from './row-keys.js'
import { rowsNotIn } from './whole-rows.js'
import { partSet } from './row-identity.js'
import type { Versions } from './versions.js'
import { changedColumns } from './without-key.js'

/** Tables up to this many rows are searched for the other key of a few rows. */
const SEARCHED = 50_000

/**
 * The rows that are missing under their key are there under another one: those of `compared`, told by their other columns. Of a key of
 * several columns the part is named that was set, or else those whose values are others.
 */
export function withNewKeys(
  { database, statements }: Pick<Versions, 'database' | 'statements'>,
  fate: TableFate,
  after: TableSchema,
  { key, compared }: { key: Pair[]; compared: Pair[] },
  found: DataComparison,
  changed: number,
): DataComparison {
  const [first] = key
  if (first === undefined || first.was === ROWID) return { ...found, lost: 0 }
  const lost = Math.max(0, found.lost - changed)
  const parts = key.length === 1 ? [] : changedColumns(database, fate, after, key, lost)
  const [only, ...more] = parts
  const set = partSet(statements, fate, key)
  if (set === undefined && more.length > 0)
    return { ...found, lost: 0, columns: [...found.columns, ...parts] }
  const part = set ?? key.find(({ was }) => was === only?.column) ?? first
  const others = [...compared, ...key.filter((pair) => pair !== part && key.length > 1)]
  const seen = parts.find((it) => it.column === part.was)
  const change: ColumnChange = {
    ...{ column: part.was, after: part.is, values: found.rowsBefore, nulled: 0, changed },
    ...(seen === undefined
      ? {}
      : { ...seen, changed: Math.max(seen.changed, set === undefined ? 0 : changed) }),
    samples: found.rowsBefore > SEARCHED ? [] : keysBeside(database, fate, after, key, others, part),
  }
  return { ...found, lost: 0, columns: [...found.columns, change] }
}

/** Every row of before is there but for its key, whatever that is. */
export function hasAllButKeys(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  compared: Pair[],
): boolean {
  if (compared.length === 0) return false
  const missing = rowsNotIn(
    { values: compared.map(({ was }) => column('b', was)), from: `prior.${quoteName(fate.before.name)} b` },
    [{ values: compared.map(({ is }) => column('s', is)), from: `main.${quoteName(after.name)} s` }],
  )
  return database.prepare(`${missing} LIMIT 1`).get() === undefined
}

/** The key of before and of now of a few rows that no other row is like. */
function keysBeside(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  key: Pair[],
  compared: Pair[],
  part: Pair,
): ColumnChange['samples'] {
  if (compared.length === 0) return []
  const prior = `prior.${quoteName(fate.before.name)}`
  const main = `main.${quoteName(after.name)}`
  const like = (alias: string, side: 'was' | 'is'): string =>
    compared.map((pair) => `${column(alias, pair[side])} IS ${column('b', pair.was)}`).join(' AND ')
  const alone = `(SELECT count(*) FROM ${prior} o WHERE ${like('o', 'was')}) = 1 AND (SELECT count(*) FROM ${main} o WHERE ${like('o', 'is')}) = 1`
  const few = `(SELECT * FROM ${missingRows(fate, after, key)} LIMIT ${SAMPLES})`
  return database
    .prepare(
      `SELECT DISTINCT ${shownValue(column('b', part.was))} AS before, ${shownValue(column('s', part.is))} AS after FROM ${few} b JOIN ${main} s ON ${like('s', 'is')} WHERE ${alone}`,
    )
    .all()
    .map((row) => ({
      key: String(row['before']),
      before: String(row['before']),
      after: String(row['after']),
    }))
}
