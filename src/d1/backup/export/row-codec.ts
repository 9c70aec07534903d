import type { DatabaseSync } from 'node:sqlite'
import type { TableShape } from '../../schema/inventory.js'
import { quoteName } from '../../sqlite/sqlite.js'

/**
 * `quoted`: texts as they are, the readable form. `hex`: every text as its bytes, for tables with text that is not valid
 * UTF-8 and would be changed by reading it as text.
 */
export type TextForm = 'quoted' | 'hex'

/** SQL that joins the texts of a row's values to `(value,value)`. */
export function tupleOf(values: string[]): string {
  return concatenated(["'('", ...values.flatMap((value, at) => (at === 0 ? [value] : ["','", value])), "')'"])
}

/** `a || b || c …` as a balanced tree: a chain of a table's 100 columns is deeper than the 100 operators that D1 allows. */
export function concatenated(parts: string[]): string {
  if (parts.length <= 2) return parts.join(' || ')
  const middle = Math.ceil(parts.length / 2)
  return `(${concatenated(parts.slice(0, middle))}) || (${concatenated(parts.slice(middle))})`
}

/** SQL that gives the value of `column` as a literal. `exact`: the functions of {@link addRowFunctions} exist. */
export function literalOf(column: string, form: TextForm, exact: boolean): string {
  const bytes = `'CAST(X''' || hex(${column}) || ''' AS TEXT)'`
  // quote() ends a text at U+0000.
  const text =
    form === 'hex'
      ? `WHEN 'text' THEN ${bytes}`
      : `WHEN 'text' THEN CASE WHEN instr(${column}, char(0)) THEN ${bytes} ELSE quote(${column}) END`
  // Digits of a real of extreme size are read back as a neighbour, by one version of SQLite as that one and by D1's as another
  // (measured: none of 64,000 between 1e-100 and 1e100, a tenth beyond 1e-290 and 1e290).
  const real = exact
    ? `WHEN 'real' THEN CASE WHEN CAST(quote(${column}) AS REAL) = ${column} AND (${column} = 0 OR abs(${column}) BETWEEN 1e-100 AND 1e100) THEN quote(${column}) ELSE exact_real(${column}) END`
    : ''
  return `CASE typeof(${column}) ${text} ${real} ELSE quote(${column}) END`
}

/**
 * SQL that gives one row as bytes that are equal only for equal rows: type and value of every column, whatever version of
 * SQLite computes it. Needs {@link addRowFunctions}.
 */
export function canonicalRow({ visible }: Pick<TableShape, 'visible'>): string {
  const parts = visible.map((name) => {
    const column = quoteName(name)
    return `CASE typeof(${column}) WHEN 'null' THEN 'n' WHEN 'integer' THEN 'i' || ${column} || ';'
      WHEN 'real' THEN 'r' || real_key(${column})
      WHEN 'text' THEN 't' || octet_length(${column}) || ':' || ${column}
      ELSE 'b' || octet_length(${column}) || ':' || hex(${column}) END`
  })
  return `CAST(concat(${parts.join(', ')}) AS BLOB)`
}

/** The functions that the two expressions above call for reals. */
export function addRowFunctions(database: DatabaseSync): void {
  const options = { deterministic: true }
  database.function('real_key', options, (value) => realKey(Number(value)))
  database.function('exact_real', options, (value) => exactReal(Number(value)))
}

const scratch = Buffer.alloc(8)

/** The eight bytes of the number. Adding zero makes -0 equal to 0, as SQL sees them. */
function realKey(value: number): string {
  scratch.writeDoubleBE(value + 0)
  return scratch.toString('hex')
}

const TWO_62 = 2 ** 62

/** An SQL expression of exactly this number: its 53 bits times or divided by powers of two, all of which are exact. */
export function exactReal(value: number): string {
  if (value === Infinity) return '9e999'
  if (value === -Infinity) return '-9e999'
  let mantissa = value
  let factors = ''
  while (Math.abs(mantissa) >= 2 ** 53) {
    mantissa /= 2
    factors += '*2'
  }
  while (!Number.isInteger(mantissa)) {
    const step = Math.abs(mantissa) < 2 ** -70 ? TWO_62 : 2
    mantissa *= step
    factors += `/${step === TWO_62 ? '4611686018427387904' : '2'}`
  }
  return `(CAST(${mantissa.toFixed(0)} AS REAL)${folded(factors)})`
}

/** Runs of `*2` and `/2` as one power each: an SQL expression may not be a thousand operators deep. */
function folded(factors: string): string {
  return factors.replaceAll(/(?:[*]2(?!\d)){2,}|(?:\/2(?!\d)){2,}/g, (run) => {
    const operator = run.charAt(0)
    let left = run.length / 2
    let text = ''
    for (; left > 62; left -= 62) text += `${operator}4611686018427387904`
    return `${text}${operator}${2n ** BigInt(left)}`
  })
}
