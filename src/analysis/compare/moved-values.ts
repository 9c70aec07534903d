import type { DatabaseSync } from 'node:sqlite'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange, TableFate } from '../evidence.js'
import type { Versions } from './versions.js'
import {
  listInRows,
  listsLeft,
  membersInRows,
  objectInColumns,
  objectsLeft,
  textInRows,
} from './json-pieces.js'
import { cutText } from './cut-texts.js'
import { kindThatStays } from './kind-that-stays.js'
import { placesBeside, placesElsewhere, listHolders } from './candidates.js'
import { heldIn, joined, leftBy, sameValue, type Still, type Wanted } from './places.js'
import { speltIn } from './readings.js'
import { differ, isEmpty } from './differing.js'
import { lostInOne, staying, valuesOfSeveral } from './merged-values.js'
import { mappedIn } from './mapped-words.js'
import { column, join, keyOfRow, number, SAMPLES, type Pair } from './row-keys.js'
import { writersOf, writingOf } from './writers.js'

/** A column that is no more, in rows that are known again by the first of `keys`: which of its values the migrated database does not give back, of rows that are still there. */
export function goneColumn(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  keys: Pair[][],
): ColumnChange {
  const { database } = versions
  const [key] = keys
  const prior = `prior.${quoteName(fate.before.name)} b`
  const b = column('b', name)
  const all = number(database, `SELECT count(${b}) AS n FROM ${prior}`)
  const whole: ColumnChange = { column: name, values: all, nulled: all, changed: 0, samples: [] }
  if (all === 0) return whole
  if (key === undefined)
    return {
      ...whole,
      samples: samplesOf(database, `SELECT ${b} AS v FROM ${prior} WHERE ${b} IS NOT NULL`),
    }
  const there = `EXISTS (SELECT 1 FROM main.${quoteName(after.name)} s WHERE ${join(key)})`
  const from = `${prior} WHERE ${b} IS NOT NULL AND ${there}`
  // Rows that are gone are told as rows.
  const values = number(database, `SELECT count(*) AS n FROM ${from}`)
  const change = { ...whole, values, nulled: values, ...(values < all ? { withRows: all - values } : {}) }
  if (values === 0) return change
  const preservedIn = held(versions, fate, after, name, keys, from)
  if (preservedIn !== undefined) return { ...change, nulled: 0, preservedIn }
  const wanted = wantedBy(key, name, from)
  const mapped = mappedIn(versions, fate, after, name, key, wanted)
  if (mapped !== undefined) {
    const { missing, ...told } = mapped
    const nulled = number(database, `SELECT count(*) AS n FROM (${missing})`)
    return {
      ...change,
      nulled,
      changed: values - nulled,
      ...told,
      samples: samplesOf(database, missing),
    }
  }
  const { missing, holders } = notGivenBack(versions, fate, after, name, key, wanted)
  const kind = holders.length > 0 ? undefined : kindThatStays(versions, fate, after, name, there)
  if (kind !== undefined) return { ...change, nulled: 0, kindThatStays: kind }
  const left = number(database, `SELECT count(*) AS n FROM (${missing})`)
  // Where the others were moved, an empty text that was left out says no less than a NULL, but no more either.
  const said = holders.length === 0 ? missing : `SELECT v FROM (${missing}) WHERE v <> ''`
  const nulled = number(database, `SELECT count(*) AS n FROM (${said})`)
  const nulls = number(database, `SELECT count(*) - count(${b}) AS n FROM ${prior}`)
  const blanked = left === nulled ? {} : { blanked: { values: left - nulled, nulls } }
  if (nulled === 0) return { ...change, ...blanked, nulled, preservedIn: holders.join(', ') }
  const others =
    holders.length === 0 || nulled === values || left !== nulled ? {} : { othersIn: holders.join(', ') }
  return { ...change, ...blanked, ...others, nulled, samples: samplesOf(database, said) }
}

/** The column whose values are looked for, and the statements that wrote from it. */
interface Origin {
  versions: Versions
  fate: TableFate
  after: TableSchema | undefined
  name: string
  key: Pair[]
  writers: ReturnType<typeof writersOf>
}

/** The wanted values without those that some place gives back; the first place that gives most of them counts. */
function unsaid(
  { versions, fate, after, name, key, writers }: Origin,
  wanted: Wanted,
): { wanted: Wanted; holders: string[] } {
  const { database } = versions
  const spelt = speltIn(writers.map(({ anatomy }) => anatomy.tokens))
  const places = [
    ...(after === undefined ? [] : placesBeside(versions, fate, after, name, key, writers)),
    ...placesElsewhere(versions, fate, after, name, key, writers, spelt),
  ]
  for (const place of places) {
    const left = leftBy(database, wanted, place, spelt) ?? objectsLeft(database, wanted, place)
    if (left !== undefined) return { wanted: left.wanted, holders: left.columns.map(place.named) }
  }
  for (const holder of listHolders(versions, fate, key, spelt)) {
    const left = listsLeft(database, wanted, holder, spelt)
    if (left !== undefined) return { wanted: left.wanted, holders: left.columns.map(holder.named) }
  }
  return { wanted, holders: [] }
}

/** A SELECT of the wanted values that nothing gives back, and the columns that give the others. */
export function notGivenBack(
  versions: Versions,
  fate: TableFate,
  after: TableSchema | undefined,
  name: string,
  key: Pair[],
  wanted: Wanted,
): { missing: string; holders: string[] } {
  const writers = writersOf(versions.statements, fate, name)
  const origin = { versions, fate, after, name, key, writers }
  const left = unsaid(origin, wanted)
  const { missing, copies } = notCopied(origin, left.wanted)
  return { missing, holders: [...left.holders, ...copies] }
}

/** Texts of which only the beginning is left are whole still where another place of the migrated database gives them back. */
export function shortenedColumn(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  keys: Pair[][],
  change: ColumnChange,
): ColumnChange {
  const { short, ...rest } = change
  const { column: was, after: is } = change
  const [key] = keys
  if (key === undefined || is === undefined || short === undefined) return change
  const condition = cutText({ was, is }, writingOf(versions.statements, fate, after)(was))
  const now = `EXISTS (SELECT 1 FROM main.${quoteName(after.name)} s WHERE ${join(key)} AND ${condition ?? '0'})`
  const from = `prior.${quoteName(fate.before.name)} b WHERE ${now}`
  const heldIn = held(versions, fate, after, was, keys, from, is)
  const told = { ...rest, samples: [...rest.samples, ...short.samples].slice(0, SAMPLES) }
  if (heldIn !== undefined) return { ...told, heldIn }
  const { missing, holders } = notGivenBack(versions, fate, after, was, key, wantedBy(key, was, from))
  if (holders.length === 0) return change
  const rows = number(versions.database, `SELECT count(*) AS n FROM (${missing})`)
  const samples = samplesOf(versions.database, missing).map((it) => ({ ...it, after: '' }))
  return rows === 0 ? told : { ...rest, short: { rows, samples } }
}

/** Different values that are equal now are told apart still where another place of the migrated database gives the old ones back. */
export function mergedColumn(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  keys: Pair[][],
  change: ColumnChange,
): ColumnChange {
  const { merged, ...rest } = change
  const { column: was, after: is } = change
  const [key] = keys
  if (key === undefined || is === undefined || merged === undefined) return change
  const pair = { was, is }
  const both = `prior.${quoteName(fate.before.name)} b CROSS JOIN main.${quoteName(after.name)} s ON ${join(key)}`
  const writing = writingOf(versions.statements, fate, after)(was)
  const apart = staying(versions.database, both, writing.shiftedBy)
  const lost = merged.lost ? lostInOne(both, pair, writing, apart) : undefined
  const value = `(+${column('s', is)}) COLLATE BINARY IN (SELECT is_now FROM (${lost ?? valuesOfSeveral(both, pair)}))`
  const now = `EXISTS (SELECT 1 FROM main.${quoteName(after.name)} s WHERE ${join(key)} AND ${differ(pair)} AND ${value})`
  const from = `prior.${quoteName(fate.before.name)} b WHERE ${column('b', was)} IS NOT NULL AND ${now}`
  const heldIn = held(versions, fate, after, was, keys, from, is)
  return heldIn === undefined ? change : { ...rest, heldIn }
}

/**
 * A column that is still there: values that it no longer has are changed, not lost, where the migrated database gives them back; those are
 * lost which it does not.
 */
export function clearedColumn(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  keys: Pair[][],
  change: ColumnChange,
): ColumnChange {
  const { database } = versions
  const { column: name, after: is } = change
  const [key] = keys
  if (key === undefined || is === undefined || change.nulled === 0) return change
  const [b, s] = [column('b', name), column('s', is)]
  const now = `EXISTS (SELECT 1 FROM main.${quoteName(after.name)} s WHERE ${join(key)} AND (${isEmpty(s)}))`
  const from = `prior.${quoteName(fate.before.name)} b WHERE NOT (${isEmpty(b)}) AND ${now}`
  // Rows whose key changed as well are not found by it: of their values nothing is known.
  if (number(database, `SELECT count(*) AS n FROM ${from}`) < change.nulled) return change
  const whole = held(versions, fate, after, name, keys, from)
  if (whole !== undefined)
    return { ...change, nulled: 0, changed: change.changed + change.nulled, heldIn: whole }
  const { missing, holders } = notGivenBack(versions, fate, after, name, key, wantedBy(key, name, from))
  if (holders.length === 0) return change
  const nulled = number(database, `SELECT count(*) AS n FROM (${missing})`)
  const samples = samplesOf(database, missing).map((it) => ({ ...it, after: 'NULL' }))
  const others = change.samples.filter((it) => !/^(?:NULL|'(?:|\{\}|\[\]|null)')$/.test(it.after))
  return {
    ...{ ...change, nulled, changed: change.changed + change.nulled - nulled },
    samples: [...samples, ...others],
  }
}

/** Where every value of the rows of a FROM clause is held, found by one of the keys. `is`: the column, where it is still there. */
function held(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  keys: Pair[][],
  from: string,
  is?: string,
): string | undefined {
  for (const way of [...keys, ...otherKeys(fate, after)]) {
    const still = is === undefined ? {} : { still: stillThere(fate, after, way, { was: name, is }) }
    const places = whereHeld(versions, fate, after, name, way, { ...wantedBy(way, name, from), ...still })
    if (places !== undefined) return places
  }
  return undefined
}

function wantedBy(way: Pair[], name: string, from: string): Wanted {
  return { sql: `SELECT ${keysBy(way)}, ${column('b', name)} AS v FROM ${from}`, keys: way.length }
}

function stillThere(fate: TableFate, after: TableSchema, way: Pair[], { was, is }: Pair): Still {
  const both = `prior.${quoteName(fate.before.name)} b CROSS JOIN main.${quoteName(after.name)} s ON ${join(way)}`
  const rows = `SELECT ${keysBy(way)}, ${column('b', was)} AS v, ${column('s', is)} AS now FROM ${both}`
  return { column: is, rows }
}

function keysBy(way: Pair[]): string {
  return way.map((pair, at) => `${keyOfRow(pair)} AS k${at}`).join(', ')
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
  for (const holder of listHolders(versions, fate, key, spelt)) {
    const held =
      listInRows(database, wanted, holder) ??
      membersInRows(database, wanted, holder) ??
      textInRows(database, wanted, holder, spelt)
    if (held !== undefined) return held.map(holder.named).join(', ')
  }
  return undefined
}

/** Unique keys beside the one by which rows are matched. */
function otherKeys({ before, renamedColumns }: TableFate, after: TableSchema): Pair[][] {
  return before.indexes
    .filter(({ unique, partial, origin }) => unique && !partial && origin !== 'primary-key')
    .flatMap(({ columns }) => {
      const pairs = columns.flatMap((name): Pair[] => {
        const old = before.columns.find((it) => it.name === name && it.notNull)
        const is = renamedColumns.get(old?.name.toLowerCase() ?? '') ?? old?.name
        return old === undefined || is === undefined || !after.columns.some((it) => it.name === is)
          ? []
          : [{ was: old.name, is }]
      })
      return pairs.length === columns.length ? [pairs] : []
    })
}

/** The wanted values that no column holds which was copied from it as it is (`SELECT … AS v`), and those that hold some. */
function notCopied(
  { versions, fate, after, name, key, writers }: Origin,
  wanted: Wanted,
): { missing: string; copies: string[] } {
  const { database } = versions
  const places = [
    ...(after === undefined ? [] : placesBeside(versions, fate, after, name, key, writers, true)),
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
    .prepare(`SELECT DISTINCT ${shownValue('v', 80)} AS v FROM (${values}) LIMIT ${SAMPLES}`)
    .all()
    .map((row) => ({ key: '', before: String(row['v']), after: 'gone' }))
}

/** Columns whose values one and the same column holds now, of rows that never had both: each value is there, but not which column it came from. */
export function columnsTogether(
  { database }: Versions,
  { before }: TableFate,
  gone: ColumnChange[],
): ColumnChange[] {
  const had = (one: ColumnChange): string => `${column('b', one.column)} IS NOT NULL`
  return gone.map((change) => {
    const { preservedIn } = change
    if (preservedIn === undefined || / where |, /.test(preservedIn)) return change
    const among = gone.filter((other) => {
      if (other === change || other.preservedIn !== preservedIn || other.values === 0) return false
      const both = `SELECT 1 FROM prior.${quoteName(before.name)} b WHERE ${had(change)} AND ${had(other)} LIMIT 1`
      return database.prepare(both).get() === undefined
    })
    return among.length === 0 ? change : { ...change, among: among.map((other) => other.column) }
  })
}
