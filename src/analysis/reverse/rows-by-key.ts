import type { DatabaseSync } from 'node:sqlite'
import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import { column, keyOf, pairsOf, ROWID, SAMPLES, type Pair } from '../compare/row-keys.js'
import type { Evidence, TableFate } from '../evidence.js'

/**
 * SQL that finds one row again in the versions of a database that `losses-now.ts` holds against each other, and counts what it finds.
 * `prior`: the archive. `planned`: what the forward files make of it. `back`: that, reversed. `present`: the database as it is now.
 * `main`: that, reversed.
 */
export type Version = 'prior' | 'planned' | 'back' | 'present' | 'main'

/** A table of before whose rows are found again by a key. */
export interface Keyed {
  table: TableSchema
  /** Absent: the forward files dropped it. */
  now?: TableSchema
  pairs: Pair[]
  key: Pair[]
}

export function tablesOf({ before, fates }: Evidence): Keyed[] {
  return [...before.tables.values()].flatMap((table): Keyed[] => {
    if (table.kind !== 'table') return []
    const fate = fates.find(({ before: known }) => sameName(known.name, table.name)) ?? untouched(table)
    const now = fate.after
    if (now === undefined) {
      const key = keyOf(untouched(table), table, pairsOf(untouched(table), table))
      return key === undefined ? [] : [{ table, pairs: [], key }]
    }
    const pairs = pairsOf(fate, now)
    const key = keyOf(fate, now, pairs)
    // A table made anew gives rows other rowids.
    if (key === undefined || (fate.how === 'rebuilt' && key.some(({ was }) => was === ROWID))) return []
    return [{ table, now, pairs, key }]
  })
}

function untouched(table: TableSchema): TableFate {
  return {
    ...{ before: table, after: table, how: 'kept', renamedColumns: new Map<string, string>() },
    ...{ written: false, copiedTo: [], heirs: [] },
  }
}

/** Whether a version holds the row of `alias`, which has the columns of before (`was`) or of after (`is`). */
export function held(
  { table, now, key }: Keyed,
  version: Version,
  { as, of, names = 'was' }: { as: string; of: string; names?: 'was' | 'is' },
): string {
  const after = version === 'planned' || version === 'present'
  const name = after ? now?.name : table.name
  if (name === undefined) return '(SELECT 1 WHERE 0'
  const same = key.map((part) => `${column(as, after ? part.is : part.was)} IS ${column(of, part[names])}`)
  return `(SELECT 1 FROM ${version}.${quoteName(name)} ${as} WHERE ${same.join(' AND ')}`
}

export function storedColumns({ columns }: TableSchema): string[] {
  return columns.filter(({ generated }) => !generated).map(({ name }) => name)
}

export function equal(one: string, other: string): string {
  return `(${one} COLLATE BINARY IS ${other} AND typeof(${one}) = typeof(${other}))`
}

export function sameRow(table: TableSchema, one: string, other: string): string {
  return storedColumns(table)
    .map((name) => equal(column(one, name), column(other, name)))
    .join(' AND ')
}

/** How many rows `b` there are, with the first columns of a few as SQL literals; undefined for none. */
export function counted(
  database: DatabaseSync,
  table: TableSchema,
  from: string,
): { rows: number; samples: string[] } | undefined {
  const rows = numberOf(database, `SELECT count(*) AS n FROM ${from}`)
  if (rows === 0) return undefined
  const text = storedColumns(table)
    .slice(0, 4)
    .map((name) => shownValue(column('b', name), 40))
    .join(` || ', ' || `)
  const shown = database.prepare(`SELECT ${text} AS sample FROM ${from} LIMIT ${SAMPLES}`).all()
  return { rows, samples: shown.map(({ sample }) => String(sample)) }
}

export function numberOf(database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.['n'])
}
