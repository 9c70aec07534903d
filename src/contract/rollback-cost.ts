import type { RollbackCost, TableCost } from './rollback.js'

/** Tables of one name together; `without` are sums that are not known whatever the tables say. */
export function costOf(
  all: readonly TableCost[],
  without: Pick<RollbackCost, 'rowsLost' | 'valuesLost'> = { rowsLost: 0, valuesLost: 0 },
): RollbackCost {
  const names = [...new Set(all.map(({ table }) => table))]
  const tables = names
    .map((name) => all.filter(({ table }) => table === name).reduce(together))
    .filter((one) => one.rowsLost !== 0 || one.valuesLost !== 0 || one.rowsLeft > 0)
  const sum = (which: 'rowsLost' | 'valuesLost'): number | null =>
    without[which] === null ? null : tables.map((one) => one[which]).reduce(added, 0)
  return { rowsLost: sum('rowsLost'), valuesLost: sum('valuesLost'), tables }
}

function together(one: TableCost, other: TableCost): TableCost {
  const columns = [...one.columns]
  for (const { column, values } of other.columns) {
    const at = columns.findIndex((known) => known.column === column)
    const known = columns[at]
    if (known === undefined) columns.push({ column, values })
    else columns[at] = { column, values: known.values + values }
  }
  return {
    table: one.table,
    rowsLost: added(one.rowsLost, other.rowsLost),
    rowsLeft: one.rowsLeft + other.rowsLeft,
    valuesLost: added(one.valuesLost, other.valuesLost),
    columns,
  }
}

function added(one: number | null, other: number | null): number | null {
  return one === null || other === null ? null : one + other
}

/** A table of which nothing is lost. */
export function freeOfCost(table: string): TableCost {
  return { table, rowsLost: 0, rowsLeft: 0, valuesLost: 0, columns: [] }
}
