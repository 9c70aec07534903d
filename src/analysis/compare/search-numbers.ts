import { defined } from '../../contract/defined.js'
import { sameName, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { SearchMismatch, TableFate } from '../evidence.js'
import { column, isCalledAfter, number, pairsOf } from './row-keys.js'
import type { Versions } from './versions.js'
import { rowsNotIn, type RowsOf } from './whole-rows.js'

type Searched = Pick<Versions, 'database' | 'before'> & { fates: TableFate[] }

/** Rows of an index with content of its own that are there with other numbers, by which alone it finds a row. */
export function rowsRenumbered(
  versions: Searched,
  index: TableSchema,
  fate: TableFate | undefined,
): SearchMismatch | undefined {
  const { database } = versions
  if (fate?.written !== true || index.search?.kind !== 'own' || fate.before.search?.kind !== 'own')
    return undefined
  const pairs = pairsOf(fate, index)
  if (pairs.length === 0) return undefined
  const was = {
    values: pairs.map((pair) => column('b', pair.was)),
    from: `prior.${quoteName(fate.before.name)} b`,
  }
  const is = { values: pairs.map((pair) => column('s', pair.is)), from: `main.${quoteName(index.name)} s` }
  const gone = (some: RowsOf, others: RowsOf, once = false): number =>
    number(database, `SELECT count(*) AS n FROM (${rowsNotIn(some, [others], once)})`)
  const numbered = (rows: RowsOf, number: string): RowsOf => ({ ...rows, values: [number, ...rows.values] })
  const missing = gone(numbered(was, 'b.rowid'), numbered(is, 's.rowid'), true) - gone(was, is)
  if (missing <= 0) return undefined
  return {
    ...{ index: index.name, table: index.name, state: 'renumbered', before: 'sound', missing, refill: [] },
    rows: number(database, `SELECT count(*) AS n FROM ${was.from}`),
    ...defined({ referredBy: referringTo(versions, fate.before.name) }),
  }
}

/** A column that says numbers of rows of the index and no others, of a table that nothing wrote. */
function referringTo({ database, before, fates }: Searched, index: string): string | undefined {
  for (const table of before.tables.values())
    for (const { name } of table.columns) {
      if (
        table.kind !== 'table' ||
        !isCalledAfter(name, index) ||
        fates.some((one) => sameName(one.before.name, table.name))
      )
        continue
      const [from, value] = [`prior.${quoteName(table.name)} t`, column('t', name)]
      const strange = `SELECT 1 FROM ${from} WHERE ${value} NOT IN (SELECT rowid FROM prior.${quoteName(index)}) LIMIT 1`
      const some = `SELECT count(${value}) AS n FROM ${from}`
      if (number(database, some) > 0 && database.prepare(strange).get() === undefined)
        return `${table.name}.${name}`
    }
  return undefined
}
