import { keepsText } from '../../d1/schema/affinity.js'
import type { TableSchema } from '../../d1/schema/schema.js'
import type { Pair } from './row-keys.js'

/**
 * Texts that a migration turns into numbers. SQLite compares '01234' and 1234 as equal once a column is declared as a number, and CAST
 * takes what a text starts with, or 0: what is cut off that way has to be asked for.
 * Source: https://sqlite.org/datatype3.html#type_affinity, https://sqlite.org/lang_expr.html#castexpr
 */
export function becomesNumber({ was, is }: Pair, before: TableSchema, after: TableSchema): boolean {
  const typeOf = (table: TableSchema, name: string): string | undefined =>
    table.columns.find((column) => column.name === name)?.type
  const now = typeOf(after, is)
  return now !== undefined && !keepsText(now) && keepsText(typeOf(before, was) ?? '')
}

/** The number `s` does not say what the text `b` said: '007', '+41…', more digits than a number holds, 'n/a'. '1.50' as 1.5 does. */
export function spoilt(b: string, s: string): string {
  const digits = `ltrim(trim(${b}), '-')`
  const plain = `${digits} NOT GLOB '*[^0-9.]*' AND ${digits} NOT GLOB '*.*.*' AND ${digits} NOT GLOB '0[0-9]*' AND length(${digits}) < 16 AND CAST(${b} AS REAL) = ${s}`
  return `typeof(${b}) = 'text' AND typeof(${s}) IN ('integer', 'real') AND CAST(${s} AS TEXT) <> trim(${b}) AND NOT (${plain})`
}

/**
 * The same, and the value is what CAST makes of the text, stored as a number or as its digits: no mapping that somebody wrote down. Or a
 * number of which `cutNumbers` says that it was cut.
 */
export function cutOff(b: string, s: string, cutNumbers: string): string {
  const casts = [`CAST(${b} AS NUMERIC)`, `CAST(${b} AS INTEGER)`, `CAST(${b} AS REAL)`]
  const digits = casts.map((cast) => `CAST(${cast} AS TEXT)`).join(', ')
  const toNumber = `((${spoilt(b, s)}) OR (typeof(${b}) = 'text' AND trim(${b}) = '' AND typeof(${s}) IN ('integer', 'real'))) AND ${s} IN (${casts.join(', ')})`
  const toDigits = `typeof(${b}) = 'text' AND typeof(${s}) = 'text' AND ${b} <> ${s} AND ${s} IN (${digits}) AND (CAST(${b} AS REAL) <> CAST(${s} AS REAL) OR trim(${b}) GLOB '*[^-+0-9.]*' OR trim(${b}) = '')`
  return `(${toNumber}) OR (${toDigits}) OR (${cutNumbers})`
}

/** A real that lost what was behind its point, an integer beyond what a real holds. Source: https://sqlite.org/lang_expr.html#castexpr */
export function cutNumber(b: string, s: string, more: string[] = []): string {
  const shorter = [`CAST(${b} AS INTEGER)`, ...more].join(', ')
  const truncated = `typeof(${b}) = 'real' AND typeof(${s}) IN ('integer', 'real') AND ${b} <> ${s} AND ${s} IN (${shorter})`
  return `(${truncated}) OR (${rounded(b, s)})`
}

/** What a column of reals does to a large integer, whatever was written. */
export function rounded(b: string, s: string): string {
  return `typeof(${b}) = 'integer' AND typeof(${s}) = 'real' AND ${s} = CAST(${b} AS REAL) AND CAST(${s} AS INTEGER) <> ${b}`
}

/** Starts like a number: what CAST cut off is what followed, or zeros and a sign before it. A number does. */
export function startsAsNumber(b: string): string {
  return `(typeof(${b}) <> 'text' OR trim(${b}) GLOB '[0-9]*' OR trim(${b}) GLOB '[+-][0-9]*')`
}

interface CutCounts {
  values: number
  changed: number
  /** Cut texts that start like a number, and the others, which became 0. */
  headed: number
  zeroed: number
  /** Different texts among the others. */
  words: number
  /** A statement that filled the column may map words: `CASE`, `iif`. */
  mapped: boolean
}

/**
 * Values that were cut. One word that is 0 now may be a meant mapping ('false'); several, or one among numbers, are what CAST
 * did to texts that it cannot read.
 */
export function countCut({ values, changed, headed, zeroed, words, mapped }: CutCounts): number {
  const byCast = !mapped || (headed + zeroed === changed && (words > 1 || values > changed || headed > 0))
  return headed + (byCast ? zeroed : 0)
}

/** The value, a text of digits as the number that it is. */
export function plainNumber(value: string): string {
  const text = `typeof(${value}) = 'text' AND ${value} GLOB '*[0-9]*' AND ${value} NOT GLOB '*[^0-9.-]*' AND ${value} NOT GLOB '0[0-9]*' AND length(${value}) < 16`
  return `CASE WHEN ${text} THEN CAST(${value} AS NUMERIC) ELSE +${value} END COLLATE BINARY`
}
