import type { DatabaseSync } from 'node:sqlite'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import { readings, speltIn } from './readings.js'
import { number } from './row-keys.js'
import { cutNumber, rounded } from './text-to-number.js'
import type { Writing } from './writers.js'

/** What makes one number of several. Source: https://sqlite.org/lang_corefunc.html, https://sqlite.org/lang_mathfunc.html */
const CUTS = /^(?:round|cast|floor|ceil|ceiling|trunc|abs|printf|format|[/%])$/i
/** One value of several, or a row of another table: which calculation a row met is not known. */
const CHOOSES = /^(?:case|iif|if|select)$/i

/** How far a way back may miss, relative to the value: what a real is off by after some steps. */
const OFF = '1e-12'

/**
 * The condition under which a number of before, `b`, is not given back by the one of now, `s`. Where the statements that wrote it are read,
 * they decide whether something can be cut and by which calculation it comes back, so that no value is lost or kept by the chance of its
 * digits; else the values decide. `from`: FROM clause of both.
 */
export function numbersCut(
  database: DatabaseSync,
  from: string,
  [b, s]: [b: string, s: string],
  { columns, expressions }: Writing,
): string {
  const stored = `typeof(${b}) IN ('integer', 'real') AND ${isNumber(s)}`
  if (expressions.length === 0) return cutNumber(b, s)
  const own = expressions.filter((tokens) => tokens.some((token) => isNamed(token, columns)))
  const cutting = own.filter(cuts)
  if (cutting.length === 0) return rounded(b, s)
  if (cutting.some((tokens) => tokens.some(({ text }) => CHOOSES.test(text))))
    return cutNumber(
      b,
      s,
      ['0', '1', '2', '3'].map((digits) => `round(${b}, ${digits})`),
    )
  const spelt = speltIn(own)
  const back = readings(['s'], () => s, { ...spelt, numbers: [...spelt.numbers, ...spelt.factors] })
    .map(({ sql }) => `(${stored} AND NOT coalesce(${near(b, sql)}, 0))`)
    .filter((condition, at, all) => all.indexOf(condition) === at)
  const lost = back.map((condition) => ({
    condition,
    rows: number(database, `SELECT count(*) AS n FROM ${from} WHERE ${condition}`),
  }))
  const least = lost.reduce((a, other) => (other.rows < a.rows ? other : a))
  return least.condition
}

/** Whether an expression may make one number of several. */
export function cuts(expression: Token[]): boolean {
  return expression.some(({ text }) => CUTS.test(text))
}

function near(b: string, reading: string): string {
  return `abs((${reading}) - ${b}) <= ${OFF} * abs(${b})`
}

/** A number, or a text of one. */
function isNumber(s: string): string {
  return `(typeof(${s}) IN ('integer', 'real') OR (typeof(${s}) = 'text' AND ${s} GLOB '*[0-9]*' AND ltrim(${s}, '-') NOT GLOB '*[^0-9.]*'))`
}

function isNamed({ kind, text }: Token, names: string[]): boolean {
  return (
    (kind === 'word' || kind === 'name') &&
    names.some((name) => name.toLowerCase() === unquote(text).toLowerCase())
  )
}
