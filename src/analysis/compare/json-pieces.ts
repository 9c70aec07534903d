import type { DatabaseSync } from 'node:sqlite'
import { number } from './row-keys.js'

/**
 * Whether JSON documents were taken apart into columns or rows: every value in them is found in one of the holders. `rows`: FROM and
 * WHERE of the rows that have a document, `document`: the expression that holds it; `holders`: columns of the same rows, or subqueries.
 */
export function heldInPieces(
  database: DatabaseSync,
  rows: string,
  document: string,
  holders: string[],
): boolean {
  if (holders.length === 0) return false
  const kind = `CASE WHEN typeof(${document}) = 'text' AND json_valid(${document}) THEN json_type(${document}) END`
  const others = `SELECT count(*) AS n FROM ${rows} AND coalesce(${kind}, '') NOT IN ('object', 'array')`
  if (number(database, others) > 0) return false
  const held = holders.map((holder) =>
    holder.startsWith('(') ? `j.atom IN ${holder}` : `j.atom IS ${holder}`,
  )
  const lacks = `EXISTS (SELECT 1 FROM json_tree(${document}) j WHERE j.atom IS NOT NULL AND NOT coalesce(${held.join(' OR ')}, 0))`
  return database.prepare(`SELECT 1 FROM ${rows} AND ${lacks} LIMIT 1`).get() === undefined
}
