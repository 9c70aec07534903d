import type { DatabaseSync } from 'node:sqlite'
import { sameName } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { readings, type Reading, type Spelt } from './readings.js'
import { column } from './row-keys.js'
import { spoilt } from './text-to-number.js'

/** Values of before that are looked for: a SELECT of the key of each row as `k0`, `k1` … and of the value as `v`. */
export interface Wanted {
  sql: string
  /** Columns of the key. */
  keys: number
  /** Where the column is still there, what it is called now: a way back that reads it must say of no row of the table what that was not. */
  still?: Still
}

/** A column that changed in some rows, and all rows of its table that are there before and after. */
export interface Still {
  column: string
  /** A SELECT of the key of each row as `k0`, `k1` …, of the value of before as `v`, and of that of now as `now`. */
  rows: string
}

/** Where the migrated database may hold them: one row for each key, found by a link. It reads nothing of before. */
export interface Place {
  /** FROM item. */
  source: string
  /** Columns that hold the key, in its order. */
  link: string[]
  /** Columns that may hold the value, or a part of it. */
  columns: string[]
  /** Of these, the ones that a statement sets to the value as it is, in some rows at least: `coalesce(comment, note)`. */
  passed?: string[]
  /** The column of the table itself by which the row is found: what is read there is read through it. */
  through?: string
  /** It is the row of the table itself. */
  own?: true
  /** How a column is called for people. */
  named: (column: string) => string
}

/** The same, of which several rows may belong to one key. */
export interface ListHolder extends Place {
  /** It had rows of keys before, or several copies filled it: what stands beside others must not be told from them by nothing. */
  shared: boolean
}

/** Columns of the place from which every wanted value is read back, row by row; undefined where one is not. */
export function heldIn(
  database: DatabaseSync,
  wanted: Wanted,
  place: Place,
  spelt: Spelt,
): string[] | undefined {
  const tried = waysBack(database, wanted, place, spelt).map((reading) => ({
    ...reading,
    same: sameAs(reading),
  }))
  const some = `(SELECT * FROM (${wanted.sql}) LIMIT ${SOME})`
  for (let at = 0; at < tried.length; at += AT_ONCE) {
    const part = tried.slice(at, at + AT_ONCE)
    const hits = part.map(({ same }, index) => `count(CASE WHEN ${same} THEN 1 END) AS h${index}`)
    const row = database.prepare(`SELECT count(*) AS n, ${hits.join(', ')} FROM ${joined(some, place)}`).get()
    const likely = part.filter((_, index) => row?.[`h${index}`] === row?.['n'])
    const found = likely.find(
      (reading) =>
        lacks(database, wanted.sql, place, reading.same) === undefined &&
        !misleads(database, wanted, place, reading),
    )
    if (found !== undefined) return found.columns
  }
  return undefined
}

/** Whole numbers, small ones. */
function areNumbers(database: DatabaseSync, { sql }: Wanted): boolean {
  const other = `SELECT 1 FROM (${sql}) WHERE typeof(v) <> 'integer' OR abs(v) > 1000 LIMIT 1`
  return database.prepare(other).get() === undefined
}

/**
 * Readings of a place. Where a statement counts, a column of the row itself that it did not set to the value as it is gives back no small number: how
 * deep a row lies is one too.
 */
function waysBack(database: DatabaseSync, wanted: Wanted, place: Place, spelt: Spelt): Reading[] {
  const all = readings(place.columns, (name) => column('s', name), spelt)
  const counts = COUNTING.some((word) => spelt.words.has(word))
  if (place.own !== true || !counts || !areNumbers(database, wanted)) return all
  const passed = (name: string): boolean => (place.passed ?? []).some((it) => sameName(it, name))
  return all.filter(({ columns: [name = ''], parts }) => parts !== undefined || passed(name))
}

const COUNTING = 'recursive count sum total row_number rank dense_rank ntile length instr'.split(' ')

/** Wanted values that a place does not give back, of more that it does, and the columns by which it does. */
export interface Left {
  wanted: Wanted
  columns: string[]
}

/**
 * The wanted values that the best way back does not give, where it gives most of them, or undoes what a statement calculated: those of which the place says nothing or another
 * value, and those that it reads as it misreads another one: of these nobody can tell which they were. Where a statement put the value there
 * as it is, however few, only those of which the place says another one. Undefined where there is no such way.
 */
export function leftBy(database: DatabaseSync, wanted: Wanted, place: Place, spelt: Spelt): Left | undefined {
  const tried = waysBack(database, wanted, place, spelt).slice(0, AT_ONCE)
  const counts = tried.map((reading, at) => `count(CASE WHEN ${sameAs(reading)} THEN 1 END) AS r${at}`)
  if (counts.length === 0) return undefined
  const from = joined(`(${wanted.sql})`, place)
  const row = database.prepare(`SELECT count(*) AS n, ${counts.join(', ')} FROM ${from}`).get() ?? {}
  const right = tried.map((_, at) => Number(row[`r${at}`]))
  const most = Math.max(...right)
  const best = tried.filter((_, at) => right[at] === most)
  const passed = (place.passed ?? []).find((name) => column('s', name) === best[0]?.sql)
  const found = (passed === undefined ? best.find(({ undoes }) => undoes === true) : undefined) ?? best[0]
  if (found === undefined || most === 0) return undefined
  if (found.undoes !== true && passed === undefined && most * 2 < Number(row['n'])) return undefined
  const keys = Array.from({ length: wanted.keys }, (_, key) => `w.k${key} AS k${key}`).join(', ')
  const wrong = `NOT coalesce(${sameAs(found)}, 0)`
  if (passed !== undefined) {
    const sql = `SELECT ${keys}, w.v AS v FROM ${from} WHERE ${wrong}`
    return { wanted: { ...wanted, sql }, columns: [passed] }
  }
  const misread = `SELECT ${found.sql} FROM ${from} WHERE ${wrong} AND (${found.sql}) IS NOT NULL`
  const sql = `SELECT ${keys}, w.v AS v FROM ${from} WHERE ${wrong} OR (${found.sql}) IN (${misread})`
  const left = Number(database.prepare(`SELECT count(*) AS n FROM (${sql})`).get()?.['n'])
  const few = found.undoes === true ? left < Number(row['n']) : left * 2 <= Number(row['n'])
  return !few ? undefined : { wanted: { ...wanted, sql }, columns: found.columns }
}

/** Rows that are tried first, and ways back that are tried on them at once. */
const SOME = 60
const AT_ONCE = 200

function lacks(database: DatabaseSync, wanted: string, place: Place, same: string): unknown {
  return database
    .prepare(`SELECT 1 FROM ${joined(`(${wanted})`, place)} WHERE NOT coalesce(${same}, 0) LIMIT 1`)
    .get()
}

/**
 * A way back reads the changed column itself, and says of a row that it left as it is that it was something else: 1 that was 101 and 1 that
 * was 1 are told apart by nothing in it. Of a row that did not change it may say nothing.
 */
function misleads(
  database: DatabaseSync,
  { still }: Wanted,
  place: Place,
  { sql, same, columns }: Reading & { same: string },
): boolean {
  if (still === undefined) return false
  const reads = place.own === true && columns.some((name) => sameName(name, still.column))
  if (!reads && !sameName(place.through ?? '', still.column)) return false
  const left = `((${sql}) IS NULL AND ${sameValue('w.v', 'w.now')})`
  return lacks(database, still.rows, place, `(${same}) OR ${left}`) !== undefined
}

/** The wanted values, each beside the row of the place that its key finds, or beside nothing. */
export function joined(wanted: string, place: Place): string {
  const on = place.link.map((name, at) => `${column('s', name)} = w.k${at}`).join(' AND ')
  return `${wanted} w LEFT JOIN ${place.source} s ON ${on}`
}

function sameAs({ sql, parts }: Reading): string {
  if (parts === undefined) return sameValue('w.v', sql)
  return parts('w.v')
    .map(([part, is]) => `coalesce(${part} = CAST(${is} AS TEXT) OR (${sameNumber(part, is)}), 0)`)
    .join(' AND ')
}

/** A number, and a text that says it as people write it. */
function sameNumber(text: string, is: string): string {
  return `typeof(${is}) IN ('integer', 'real') AND ${text} GLOB '*[0-9]*' AND ltrim(${text}, '-') NOT GLOB '*[^0-9.]*' AND ltrim(${text}, '-') NOT GLOB '0[0-9]*' AND length(${text}) < 16 AND CAST(${text} AS REAL) = ${is}`
}

/** Equal by themselves, whatever type or collation is declared for them; '1.50' and 1.5 are, '007' and 7 are not. */
export function sameValue(value: string, reading: string): string {
  const equal = `(+${value}) COLLATE BINARY IS (+(${reading}))`
  if (reading.length > 140) return equal
  const number = `typeof(${value}) = 'text' AND ${value} GLOB '*[0-9]*' AND typeof(${reading}) IN ('integer', 'real') AND NOT (${spoilt(value, reading)})`
  const text = `typeof(${value}) IN ('integer', 'real') AND typeof(${reading}) = 'text' AND CAST(${value} AS TEXT) = ${reading}`
  return `(${equal} OR (${number}) OR (${text}))`
}

/** A table seen through its link; undefined where the link finds several different rows. */
export function placeIn(
  database: DatabaseSync,
  table: string,
  link: string[],
  columns: string[],
  label?: Label,
): Place | undefined {
  const names = [...new Set([...link, ...columns])].map((name) => column('t', name)).join(', ')
  const source = `(SELECT DISTINCT ${names} FROM main.${quoteName(table)} t${labelled(label)})`
  const place = { source, link, columns, named: (name: string) => `${table}.${name}${labelText(label)}` }
  return isAmbiguous(database, place) ? undefined : place
}

/** The same for one column, without the keys of which it finds several different rows. */
export function placeOfOne(table: string, link: string[], name: string): Place {
  const keys = link.map((it) => column('t', it)).join(', ')
  const source = `(SELECT ${[...new Set([...link, name])].map((it) => column('t', it)).join(', ')} FROM main.${quoteName(table)} t GROUP BY ${keys} HAVING count(DISTINCT quote(${column('t', name)})) = 1)`
  return { source, link, columns: [name], named: (it) => `${table}.${it}` }
}

/** What tells the rows of one kind from others in a table: a word or number that a statement puts into a column of theirs. */
export interface Label {
  column: string
  /** As SQL. */
  literal: string
}

/** The condition that finds its rows, of the alias `t`. */
export function labelled(label: Label | undefined): string {
  return label === undefined ? '' : ` WHERE ${column('t', label.column)} = ${label.literal}`
}

export function labelText(label: Label | undefined): string {
  if (label === undefined) return ''
  const plain = /^(?:'[\w -]+'|\d+)$/.test(label.literal)
  return ` where ${label.column} ${plain ? `= ${label.literal}` : 'says so'}`
}

/** The link finds several different rows. */
export function isAmbiguous(database: DatabaseSync, { source, link }: Place): boolean {
  const keys = link.map((name) => column('x', name)).join(', ')
  const sql = `SELECT 1 FROM ${source} x GROUP BY ${keys} HAVING count(*) > 1 LIMIT 1`
  return database.prepare(sql).get() !== undefined
}
