import type { DatabaseSync } from 'node:sqlite'
import type { DataComparison, TableFate } from '../evidence.js'

/**
 * A rebuilt table counts on from the highest key that was copied: where rows at the end were deleted before, their keys come again.
 * Source: https://sqlite.org/autoinc.html#the_autoincrement_keyword
 */
export function forgottenSequence(
  database: DatabaseSync,
  { how, before, after }: TableFate,
): DataComparison['sequence'] {
  if (how !== 'rebuilt' || !before.autoIncrement || after?.autoIncrement !== true) return undefined
  const last = (schema: 'main' | 'prior', table: string): number => {
    const row = database
      .prepare(`SELECT seq FROM ${schema}.sqlite_sequence WHERE name = ? COLLATE NOCASE`)
      .get(table)
    return Number(row?.['seq'] ?? 0)
  }
  const [was, is] = [last('prior', before.name), last('main', after.name)]
  return is < was ? { before: was, after: is } : undefined
}
