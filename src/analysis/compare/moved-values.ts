import type { DatabaseSync } from 'node:sqlite'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange, TableFate } from '../evidence.js'
import type { Versions } from './versions.js'
import { listInRows, objectInColumns } from './json-pieces.js'
import { placesBeside, placesElsewhere, listHolders } from './candidates.js'
import { heldIn, joined, sameValue, type Wanted } from './places.js'
import { speltIn } from './readings.js'
import { column, join, number, SAMPLES, type Pair } from './row-keys.js'
import { writersOf } from './writers.js'

/** A column that is no more: which of its values the migrated database does not give back, of rows that are still there. */
export function goneColumn(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  key: Pair[] | undefined,
): ColumnChange {
  const { database } = versions
  const prior = `prior.${quoteName(fate.before.name)} b`
  const b = column('b', name)
  const values = number(database, `SELECT count(${b}) AS n FROM ${prior}`)
  const change: ColumnChange = { column: name, values, nulled: values, changed: 0, samples: [] }
  if (values === 0) return change
  if (key === undefined)
    return {
      ...change,
      samples: samplesOf(database, `SELECT ${b} AS v FROM ${prior} WHERE ${b} IS NOT NULL`),
    }
  const keys = key.map(({ was }, at) => `${column('b', was)} AS k${at}`).join(', ')
  const there = `EXISTS (SELECT 1 FROM main.${quoteName(after.name)} s WHERE ${join(key)})`
  const wanted = {
    sql: `SELECT ${keys}, ${b} AS v FROM ${prior} WHERE ${b} IS NOT NULL AND ${there}`,
    keys: key.length,
  }
  const preservedIn = whereHeld(versions, fate, after, name, key, wanted)
  if (preservedIn !== undefined) return { ...change, nulled: 0, preservedIn }
  const { missing, copies } = notCopied(versions, fate, after, name, key, wanted)
  const nulled = number(database, `SELECT count(*) AS n FROM (${missing})`)
  if (nulled === 0) return { ...change, nulled, preservedIn: copies.join(', ') }
  return { ...change, nulled, samples: samplesOf(database, missing) }
}

/** The columns that give every wanted value back, found by the key of its row; undefined where there are none. */
export function whereHeld(
  versions: Versions,
  fate: TableFate,
  after: TableSchema | undefined,
  name: string,
  key: Pair[],
  wanted: Wanted,
): string | undefined {
  const { database, statements } = versions
  const writers = writersOf(statements, fate, name)
  const spelt = speltIn(writers.map(({ anatomy }) => anatomy.tokens))
  const beside = after === undefined ? [] : placesBeside(versions, fate, after, name, key, writers)
  for (const place of [...beside, ...placesElsewhere(versions, fate, after, name, key, writers, spelt)]) {
    const held = heldIn(database, wanted, place, spelt) ?? objectInColumns(database, wanted, place)
    if (held !== undefined) return held.map(place.named).join(', ')
  }
  for (const { source, link, columns, named } of listHolders(versions, fate, key)) {
    const held = listInRows(database, wanted, source, link, columns)
    if (held !== undefined) return held.map(named).join(', ')
  }
  return undefined
}

/** The wanted values that no column holds which was copied from it as it is (`SELECT … AS v`), and those that hold some. */
function notCopied(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  key: Pair[],
  wanted: Wanted,
): { missing: string; copies: string[] } {
  const { database, statements } = versions
  const writers = writersOf(statements, fate, name)
  const places = [
    ...placesBeside(versions, fate, after, name, key, writers, true),
    ...placesElsewhere(versions, fate, after, name, key, writers, undefined),
  ]
  const found = { missing: wanted.sql, copies: new Array<string>() }
  const keys = Array.from({ length: wanted.keys }, (_, at) => `w.k${at} AS k${at}`).join(', ')
  for (const place of places) {
    for (const is of place.columns) {
      const same = sameValue('w.v', column('s', is))
      const from = joined(`(${found.missing})`, place)
      const holds = database.prepare(`SELECT 1 FROM ${from} WHERE ${same} LIMIT 1`).get() !== undefined
      if (!holds) continue
      found.missing = `SELECT ${keys}, w.v AS v FROM ${from} WHERE NOT coalesce(${same}, 0)`
      found.copies.push(place.named(is))
    }
  }
  return found
}

function samplesOf(database: DatabaseSync, values: string): ColumnChange['samples'] {
  return database
    .prepare(`SELECT DISTINCT substr(quote(v), 1, 80) AS v FROM (${values}) LIMIT ${SAMPLES}`)
    .all()
    .map((row) => ({ key: '', before: String(row['v']), after: 'gone' }))
}
