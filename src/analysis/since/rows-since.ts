import type { DatabaseSync } from 'node:sqlite'
import { sameName, type ColumnSchema, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { differ } from '../compare/differing.js'
import { join, number, type Pair } from '../compare/row-keys.js'

/** Rows by which a table of now is another one. `changed` null: without a key, a row that changed is one more and one less. */
export interface RowsSince {
  added: number
  changed: number | null
  gone: number
}

/**
 * Holds `main` (now) against `prior` (then), by the primary key that both have, else by whole rows. A value in a column that only the
 * table of now has was written by others, unless it is that column's default.
 */
export function rowsSince(database: DatabaseSync, then: TableSchema, now: TableSchema): RowsSince {
  const pairs = then.columns.flatMap(({ name, generated }): Pair[] => {
    const same = now.columns.find((column) => sameName(column.name, name))
    return generated || same === undefined || same.generated ? [] : [{ was: name, is: same.name }]
  })
  const own = now.columns.filter(({ name, generated }) => !generated && !pairs.some(({ is }) => is === name))
  const key = keyOf(then, now, pairs)
  const prior = `prior.${quoteName(then.name)} b`
  const main = `main.${quoteName(now.name)} s`
  if (key === undefined) return wholeRows(database, { pairs, own }, { prior, main })
  const others = [
    ...pairs.filter(({ was }) => !key.some((part) => part.was === was)).map(differ),
    ...own.map(isWritten),
  ]
  const on = join(key)
  const count = (from: string): number => number(database, `SELECT count(*) AS n FROM ${from}`)
  return {
    added: count(`${main} WHERE NOT EXISTS (SELECT 1 FROM ${prior} WHERE ${on})`),
    changed:
      others.length === 0 ? 0 : count(`${prior} CROSS JOIN ${main} ON ${on} WHERE ${others.join(' OR ')}`),
    gone: count(`${prior} WHERE NOT EXISTS (SELECT 1 FROM ${main} WHERE ${on})`),
  }
}

function isWritten({ name, default: value }: ColumnSchema): string {
  return `s.${quoteName(name)} IS NOT (${value ?? 'NULL'})`
}

function keyOf(then: TableSchema, now: TableSchema, pairs: Pair[]): Pair[] | undefined {
  const key = then.primaryKey.flatMap((name) => pairs.find(({ was }) => was === name) ?? [])
  const same =
    key.length > 0 &&
    key.length === then.primaryKey.length &&
    key.length === now.primaryKey.length &&
    key.every(({ is }) => now.primaryKey.includes(is))
  return same ? key : undefined
}

/** How often each row is there, then and now. Values by their literal: 1, 1.0 and '1' are three. */
function wholeRows(
  database: DatabaseSync,
  { pairs, own }: { pairs: Pair[]; own: ColumnSchema[] },
  { prior, main }: { prior: string; main: string },
): RowsSince {
  if (pairs.length === 0) return { added: 0, changed: null, gone: 0 }
  // No literal of a value is this word.
  const untouched = `'untouched'`
  const values = (side: 'was' | 'is'): string =>
    [
      ...pairs.map((pair) => `quote(${quoteName(pair[side])})`),
      ...own.map((column) =>
        side === 'was'
          ? untouched
          : `CASE WHEN ${isWritten(column)} THEN quote(s.${quoteName(column.name)}) ELSE ${untouched} END`,
      ),
    ]
      .map((value, at) => `${value} AS v${at}`)
      .join(', ')
  const groups = [...pairs, ...own].map((_, at) => `v${at}`).join(', ')
  const rows = `SELECT ${values('is')}, 1 AS weight FROM ${main} UNION ALL SELECT ${values('was')}, -1 FROM ${prior}`
  const each = `SELECT sum(weight) AS more FROM (${rows}) GROUP BY ${groups}`
  const row = database
    .prepare(
      `SELECT coalesce(sum(max(more, 0)), 0) AS added, coalesce(sum(max(-more, 0)), 0) AS gone FROM (${each})`,
    )
    .get()
  const [added, gone] = [Number(row?.['added']), Number(row?.['gone'])]
  return { added, gone, changed: added === 0 || gone === 0 ? 0 : null }
}
