import { column, type Pair } from './row-keys.js'
import { spoilt } from './text-to-number.js'

/** The two values are not the same, or not stored as the same type: 1, 1.0 and '1' are equal to SQLite where a number is declared. */
export function differ({ was, is }: Pair): string {
  const b = column('b', was)
  const s = column('s', is)
  return `(${b} COLLATE BINARY IS NOT ${s} OR typeof(${b}) <> typeof(${s}))`
}

/** Of those that differ: only stored as another type. */
export function retyped({ was, is }: Pair): string {
  const b = column('b', was)
  const s = column('s', is)
  return `typeof(${b}) <> typeof(${s}) AND ${b} IS NOT NULL AND (${b} COLLATE BINARY IS ${s} OR CAST(${b} AS TEXT) IS CAST(${s} AS TEXT)) AND NOT (${spoilt(b, s)})`
}

/** NULL, and what stands for nothing in a text or JSON column: a value that becomes one of these is lost as much. */
export function isEmpty(expression: string): string {
  return `${expression} IS NULL OR ${expression} IN ('', '{}', '[]', 'null')`
}
