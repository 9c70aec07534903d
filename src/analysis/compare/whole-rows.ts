/** Rows as lists of expressions, from a FROM clause with its WHERE. */
export interface RowsOf {
  values: string[]
  from: string
}

/**
 * The rows of `wanted` of which `holders` have no equal: whole rows, values by themselves (no affinity, no collation). Equal rows count
 * as often as they are there: each gets a number among its equals. Columns `x0`, `x1` …
 */
export function rowsNotIn(wanted: RowsOf, holders: RowsOf[], once = false): string {
  return [wanted, ...holders].map((rows) => (once ? plain(rows) : numbered(rows))).join(' EXCEPT ')
}

function plain({ values, from }: RowsOf): string {
  const named = values.map((value, at) => `(+${value}) COLLATE BINARY AS x${at}`)
  return `SELECT ${named.join(', ')} FROM ${from}`
}

function numbered(rows: RowsOf): string {
  const names = rows.values.map((_, at) => `x${at}`).join(', ')
  return `SELECT ${names}, row_number() OVER (PARTITION BY ${names}) FROM (${plain(rows)})`
}
