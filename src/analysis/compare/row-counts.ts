import type { DatabaseSync } from 'node:sqlite'
import type { RowChange } from '../../contract/plan.js'
import { holdsRows, type DetailedCatalog } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'

/** Rows of every table before (`prior`) and after (`main`); what nothing touched is counted once. */
export function rowChanges(
  database: DatabaseSync,
  before: DetailedCatalog,
  after: DetailedCatalog,
  fates: TableFate[],
): RowChange[] {
  const touched = new Set(fates.map((fate) => fate.before.name.toLowerCase()))
  const names = new Map([...before.tables, ...after.tables].map(([key, { name }]) => [key, name]))
  return [...names]
    .map(([key, table]) => {
      const counted = (catalog: DetailedCatalog): boolean => {
        const found = catalog.tables.get(key)
        return found !== undefined && holdsRows(found)
      }
      const was = counted(before) ? count(database, 'prior', table) : null
      // What a trigger writes into a full-text table is in no program that names it.
      const seen = before.tables.get(key)?.kind === 'table' && !touched.has(key)
      const same = was !== null && seen && after.tables.has(key)
      const now = counted(after) ? (same ? was : count(database, 'main', table)) : null
      return { table, before: was, after: now }
    })
    .filter((change) => change.before !== null || change.after !== null)
    .sort((a, b) => (a.table < b.table ? -1 : 1))
}

function count(database: DatabaseSync, schema: string, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS n FROM ${schema}.${quoteName(table)}`).get()?.['n'])
}
