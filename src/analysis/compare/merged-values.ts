import type { DatabaseSync } from 'node:sqlite'
import { shownValue } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange } from '../evidence.js'
import { differ, isEmpty } from './differing.js'
import { column, number, SAMPLES, type Pair } from './row-keys.js'
import { plainNumber } from './text-to-number.js'
import type { Writing } from './writers.js'

/** The values of now, each with how many different ones of before it stands for, and how many rows of them changed; to be narrowed and grouped. */
function valuesOfNow(from: string, pair: Pair): string {
  const [b, s] = [column('b', pair.was), column('s', pair.is)]
  return `SELECT (+${s}) COLLATE BINARY AS is_now, count(DISTINCT ${plainNumber(b)}) AS different, count(CASE WHEN ${differ(pair)} THEN 1 END) AS changed FROM ${from} WHERE ${b} IS NOT NULL`
}

/** The values of now that stand for several different ones of before, as a SELECT. `from`: FROM clause of both rows. */
export function valuesOfSeveral(from: string, pair: Pair): string {
  return `${valuesOfNow(from, pair)} AND NOT (${isEmpty(column('s', pair.is))}) GROUP BY 1 HAVING different > 1 AND changed > 0`
}

/**
 * Those of them of which more is gone than the way in which values were written: a calculation made them, or a word that a CHECK of before
 * lists and that no statement spells. Undefined where nobody did either. `apart`: columns that stayed and say what was added in which rows.
 */
export function lostInOne(
  from: string,
  pair: Pair,
  { computes, spells }: Pick<Writing, 'computes' | 'spells'>,
  apart: string[],
): string | undefined {
  const [b, s] = [column('b', pair.was), column('s', pair.is)]
  const unspelt = (words: string[]): string =>
    `count(CASE WHEN ${differ(pair)}${words.length === 0 ? '' : ` AND ${b} NOT IN (${words.join(', ')})`} THEN 1 END) > 0`
  if (!computes && spells === undefined) return undefined
  const among = `(+${s}) COLLATE BINARY IN (SELECT is_now FROM (${valuesOfSeveral(from, pair)}))`
  const words = computes || spells === undefined ? '' : ` AND ${unspelt(spells)}`
  const rows = ['1', ...apart.map((is) => column('s', is))].join(', ')
  return `${valuesOfNow(from, pair)} AND ${among} GROUP BY ${rows} HAVING count(DISTINCT ${withoutForm(b)}) > 1${words}`
}

/** Those of the columns that hold in each row what they held. */
export function staying(database: DatabaseSync, from: string, pairs: Pair[]): string[] {
  const changed = (pair: Pair): boolean =>
    database.prepare(`SELECT 1 FROM ${from} WHERE ${differ(pair)} LIMIT 1`).get() !== undefined
  return pairs.filter((pair) => !changed(pair)).map(({ is }) => is)
}

/**
 * Rows that were told apart by the column within a group, and are by their numbers now: in every group in which one changed these start
 * alike, one step from one to the next. The 1 of one list is not the 1 of another. A key by itself is no group, and words are no positions.
 */
function isNumberedWithin(database: DatabaseSync, from: string, pair: Pair, within: Pair[][]): boolean {
  const [b, s] = [column('b', pair.was), column('s', pair.is)]
  const tells = ({ is }: Pair): boolean =>
    number(database, `SELECT count(*) - count(DISTINCT ${column('s', is)}) AS n FROM ${from}`) === 0
  return within.some((pairs) => {
    const group = staying(database, from, pairs)
    const by = pairs.filter((one) => group.includes(one.is) && !tells(one)).map(({ is }) => column('s', is))
    if (group.length < pairs.length || by.length === 0) return false
    const groups = `SELECT count(*) AS n, count(DISTINCT ${b}) AS were, count(DISTINCT ${s}) AS are, min(${s}) AS lo, max(${s}) AS hi, count(CASE WHEN typeof(${s}) = 'integer' AND typeof(${b}) IN ('integer', 'real') THEN 1 END) AS numbers FROM ${from} GROUP BY ${by.join(', ')} HAVING max(${differ(pair)})`
    const found = database
      .prepare(
        `SELECT min(lo) AS lo, max(lo) AS hi, max(n) AS most, min(CASE WHEN n > 1 THEN (hi - lo) / (n - 1) END) AS step, min(were = n AND are = n AND numbers = n) AS apart FROM (${groups})`,
      )
      .get()
    const [lo, step] = [Number(found?.['lo']), Number(found?.['step'])]
    if (Number(found?.['apart']) !== 1 || Number(found?.['most']) < 2 || lo !== Number(found?.['hi']))
      return false
    // As many different numbers as steps between the first and the last, each on a step.
    const gap = `SELECT 1 FROM ${from} GROUP BY ${by.join(', ')} HAVING max(${differ(pair)}) AND (max(${s}) <> ${lo} + ${step} * (count(*) - 1) OR max((${s} - ${lo}) % ${step}) <> 0) LIMIT 1`
    return database.prepare(gap).get() === undefined
  })
}

/** Capitals, blanks and what people put between the digits of a telephone number: who brings values into one form means these to go. */
const FORM = [`' '`, 'char(9)', 'char(10)', 'char(13)', 'char(160)', `'-'`, `'('`, `')'`, `'/'`, `'_'`]

/** A value without the way in which it is written: `' Ann@X.ch'` is `'ann@x.ch'`, `'2026-01-01'` the first second of it. A number stays one. */
function withoutForm(value: string): string {
  const bare = FORM.reduce((sql, part) => `replace(${sql}, ${part}, '')`, `lower(${value})`)
  const number = plainNumber(`trim(${value})`)
  const time = `CASE WHEN trim(${value}) GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' THEN unixepoch(trim(${value}), 'subsec') END`
  // An empty text says nothing that could be lost.
  return `CASE WHEN typeof(${value}) <> 'text' THEN ${value} WHEN typeof(${number}) <> 'text' THEN ${number} ELSE coalesce(${time}, nullif(${bare}, '')) END`
}

/**
 * Values of one column that were different and are equal now; undefined where there are none. Where some of them are lost, no others are
 * counted.
 */
export function mergedValues(
  database: DatabaseSync,
  from: string,
  pair: Pair,
  key: Pair[],
  writing: Pick<Writing, 'computes' | 'spells' | 'shiftedBy' | 'within'>,
): ColumnChange['merged'] {
  const [b, s] = [column('b', pair.was), column('s', pair.is)]
  const counted = (several: string): { into: number; values: number; rows: number } => {
    const row = database
      .prepare(
        `SELECT count(*) AS into_, coalesce(sum(different), 0) AS different, coalesce(sum(changed), 0) AS changed FROM (${several})`,
      )
      .get()
    const into = Number(row?.['into_'])
    // One value of before may have become several: it is one of them all the same.
    const values =
      into < 2
        ? Number(row?.['different'])
        : number(
            database,
            `SELECT count(DISTINCT ${plainNumber(b)}) AS n FROM ${from} WHERE ${b} IS NOT NULL AND (+${s}) COLLATE BINARY IN (SELECT is_now FROM (${several}))`,
          )
    return { into, values, rows: Number(row?.['changed']) }
  }
  const every = counted(valuesOfSeveral(from, pair))
  if (every.into === 0 || isNumberedWithin(database, from, pair, writing.within)) return undefined
  const several = lostInOne(from, pair, writing, staying(database, from, writing.shiftedBy))
  const less = several === undefined ? undefined : counted(several)
  const lost = less !== undefined && less.into > 0
  const shown = lost && several !== undefined ? several : valuesOfSeveral(from, pair)
  const keyText = key.map(({ was }) => shownValue(column('b', was))).join(` || ', ' || `)
  const samples = database
    .prepare(
      `SELECT ${keyText} AS key, ${shownValue(b, 80)} AS before, ${shownValue(s, 80)} AS after FROM ${from}
       WHERE ${b} IS NOT NULL AND ${differ(pair)} AND (+${s}) COLLATE BINARY IN (SELECT is_now FROM (${shown}) LIMIT ${SAMPLES}) GROUP BY +${s}, ${plainNumber(b)} LIMIT ${SAMPLES}`,
    )
    .all()
    .map((it) => ({ key: String(it['key']), before: String(it['before']), after: String(it['after']) }))
  return { ...(lost ? less : every), lost, samples }
}
