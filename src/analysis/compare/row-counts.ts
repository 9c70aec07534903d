import type { DatabaseSync } from 'node:sqlite'
import type { RowChange } from '../../contract/plan.js'
import { holdsRows, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
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
    .map(([key, table]): RowChange => {
      const [was, is] = [before.tables.get(key), after.tables.get(key)]
      const counting = (
        found: TableSchema | undefined,
        schema: string,
        catalog: DetailedCatalog,
      ): number | null => (found === undefined ? null : countOf(database, schema, { table: found, catalog }))
      const old = counting(was, 'prior', before)
      // What a trigger writes into a full-text table is in no program that names it.
      const same = old !== null && is !== undefined && was?.kind === 'table' && !touched.has(key)
      const now = same ? old : counting(is, 'main', after)
      return { table, before: old, after: now, ...(isIndexOnly(is ?? was) ? { index: true } : {}) }
    })
    .filter((change) => change.before !== null || change.after !== null)
    .sort((a, b) => (a.table < b.table ? -1 : 1))
}

/** Its rows are another table's. */
function isIndexOnly(table: TableSchema | undefined): boolean {
  return table?.search !== undefined && table.search.kind !== 'own'
}

/** Null for what has no rows of its own, or keeps no count of what it indexed (`columnsize = 0`). */
function countOf(
  database: DatabaseSync,
  schema: string,
  { table, catalog }: { table: TableSchema; catalog: DetailedCatalog },
): number | null {
  if (holdsRows(table)) return count(database, schema, table.name)
  const sizes = catalog.tables.get(`${table.name.toLowerCase()}_docsize`)
  // Asked itself, it answers with the rows of the table behind it.
  return isIndexOnly(table) && sizes?.kind === 'shadow' ? count(database, schema, sizes.name) : null
}

function count(database: DatabaseSync, schema: string, table: string): number {
  return Number(database.prepare(`SELECT count(*) AS n FROM ${schema}.${quoteName(table)}`).get()?.['n'])
}
