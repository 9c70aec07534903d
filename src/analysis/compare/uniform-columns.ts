import type { DatabaseSync } from 'node:sqlite'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange, TableFate } from '../evidence.js'
import { number } from './row-keys.js'

/** Columns that hold one and the same value in every row, where they held several. */
export function uniformColumns(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  changes: ColumnChange[],
): string[] {
  const distinct = (table: string, name: string): number =>
    number(
      database,
      `SELECT count(*) AS n FROM (SELECT DISTINCT ${quoteName(name)} FROM ${table} WHERE ${quoteName(name)} IS NOT NULL LIMIT 2)`,
    )
  return (
    changes
      // Where nothing but empty texts became NULL, the others are what they were.
      .filter(({ changed, values, blanked }) => changed > (blanked?.values ?? 0) && values > 1)
      .filter(({ column: was, after: is }) => {
        if (is === undefined) return false
        const before = distinct(`prior.${quoteName(fate.before.name)}`, was)
        return before > 1 && distinct(`main.${quoteName(after.name)}`, is) === 1
      })
      .map((change) => change.column)
  )
}
