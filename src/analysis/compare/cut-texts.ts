import { column, type Pair } from './row-keys.js'
import type { Writing } from './writers.js'

/** What makes the beginning of a text. Source: https://sqlite.org/lang_corefunc.html, https://sqlite.org/lang_datefunc.html */
const SHORTENS = /^(?:substr|substring|date|datetime|time|strftime|printf|format)$/i

/**
 * The condition under which a text of now is the beginning of the one of before, and what followed said something: more than blanks, zeros and
 * what stands between the digits of a time. Undefined where no statement makes a beginning of it. A word that a statement spells is meant.
 */
export function cutText(
  { was, is }: Pair,
  { expressions }: Pick<Writing, 'expressions'>,
): string | undefined {
  const making = expressions.filter((tokens) => tokens.some(({ text }) => SHORTENS.test(text)))
  if (making.length === 0) return undefined
  const [b, s] = [column('b', was), column('s', is)]
  const rest = `substr(${b}, length(${s}) + 1)`
  const spelt = making.flat().filter(({ kind, text }) => kind === 'string' && text.startsWith("'"))
  const meant = spelt.length === 0 ? '' : spelt.map(({ text }) => text).join(', ')
  const unmeant = meant === '' ? '' : ` AND ${s} NOT IN (${meant}) AND ${rest} NOT IN (${meant})`
  return `typeof(${b}) = 'text' AND typeof(${s}) = 'text' AND ${s} <> '' AND length(${b}) > length(${s}) AND substr(${b}, 1, length(${s})) = ${s} COLLATE BINARY AND trim(${rest}, ' 0:.-+/TZ' || char(9, 10, 13)) <> ''${unmeant}`
}

/** How many different texts followed there, as an expression to be counted. */
export function restOf({ was, is }: Pair): string {
  return `substr(${column('b', was)}, length(${column('s', is)}) + 1)`
}
