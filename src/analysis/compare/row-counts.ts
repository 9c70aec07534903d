import type { DatabaseSync } from 'node:sqlite'
import type { RowChange } from '../../contract/plan.js'
import { holdsRows, sameName, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'
import { isAlias } from './row-keys.js'

/** Rows of every table before (`prior`) and after (`main`); what nothing touched is counted once. */
export function rowChanges(
  database: DatabaseSync,
  before: DetailedCatalog,
  after: DetailedCatalog,
  fates: TableFate[],
): RowChange[] {
  const touched = new Set(fates.map((fate) => fate.before.name.toLowerCase()))
  const renamed = renamedTables(fates)
  const from = new Map(renamed.map(({ was, is }) => [is.name.toLowerCase(), was]))
  const left = new Set(renamed.map(({ was }) => was.name.toLowerCase()))
  const names = new Map([...before.tables, ...after.tables].map(([key, { name }]) => [key, name]))
  const counting = (
    found: TableSchema | undefined,
    schema: string,
    catalog: DetailedCatalog,
  ): number | null => (found === undefined ? null : countOf(database, schema, { table: found, catalog }))
  return [...names]
    .flatMap(([key, table]): RowChange[] => {
      const was = left.has(key) ? undefined : before.tables.get(key)
      const is = after.tables.get(key)
      const old = counting(was, 'prior', before)
      const source = from.get(key)
      const index = isIndexOnly(is ?? was) ? { index: true as const } : {}
      if (source !== undefined) {
        const taken = counting(source, 'prior', before)
        const now = counting(is, 'main', after)
        return [
          { table, before: old, after: null, ...(isIndexOnly(was) ? { index: true } : {}) },
          { table, before: taken, after: now, renamedFrom: source.name, ...index },
        ]
      }
      // What a trigger writes into a full-text table is in no program that names it.
      const same = old !== null && is !== undefined && was?.kind === 'table' && !touched.has(key)
      return [{ table, before: old, after: same ? old : counting(is, 'main', after), ...index }]
    })
    .filter((change) => change.before !== null || change.after !== null)
    .sort((a, b) => (a.table < b.table ? -1 : 1))
}

/**
 * Tables that are another one's under a new name: by ALTER TABLE, or where a copy of it holds each of its rows and no other. Of two that
 * claim a name neither has it.
 */
function renamedTables(fates: TableFate[]): { was: TableSchema; is: TableSchema }[] {
  return fates.flatMap((fate) => {
    const { before: was, after: is } = fate
    if (fate.how !== 'renamed' || is === undefined || !(isAlias(fate) || isWhole(fate))) return []
    const claimed = fates.some((other) => other !== fate && sameName(other.after?.name ?? '', is.name))
    return claimed ? [] : [{ was, is }]
  })
}

function isWhole({ data }: TableFate): boolean {
  return (
    data !== undefined && data.lost + data.moved + data.multiplied === 0 && data.rowsBefore === data.rowsAfter
  )
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
