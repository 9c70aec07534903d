import type { DatabaseSync } from 'node:sqlite'
import type { DetailedCatalog, TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { LoweredSequence, TableFate } from '../evidence.js'

/**
 * Tables whose next AUTOINCREMENT key was given out before. A rebuilt table counts on from the highest key that was copied, and a
 * statement may have written `sqlite_sequence`: where rows at the end were deleted, their keys come again.
 * Source: https://sqlite.org/autoinc.html#the_autoincrement_keyword
 */
export function loweredSequences(
  database: DatabaseSync,
  before: DetailedCatalog,
  after: DetailedCatalog,
  fates: TableFate[],
): LoweredSequence[] {
  return [...before.tables].flatMap(([key, table]) => {
    const fate = fates.find((candidate) => candidate.before.name === table.name)
    const now = fate === undefined ? after.tables.get(key) : fate.after
    if (!table.autoIncrement || now?.autoIncrement !== true) return []
    const [was, is] = [lastKey(database, 'prior', table), lastKey(database, 'main', now)]
    return is < was ? [{ table: table.name, before: was, after: is }] : []
  })
}

/** The highest key that was given out: SQLite counts on from it or from the highest one that is there. */
function lastKey(
  database: DatabaseSync,
  schema: 'main' | 'prior',
  { name, primaryKey }: TableSchema,
): number {
  const counter = database
    .prepare(`SELECT seq FROM ${schema}.sqlite_sequence WHERE name = ? COLLATE NOCASE`)
    .get(name)
  const [key] = primaryKey
  const highest =
    key === undefined
      ? undefined
      : database.prepare(`SELECT max(${quoteName(key)}) AS key FROM ${schema}.${quoteName(name)}`).get()
  return Math.max(Number(counter?.['seq'] ?? 0), Number(highest?.['key'] ?? 0))
}
