import type { Comparison } from '../../../contract/backup.js'
import type { Bounds } from './bounds.js'
import { COLUMNS_A_PASS, passesOver } from './comparison.js'
import type { Inventory, TableShape } from '../../schema/inventory.js'
import type { Reader } from '../../sqlite/reader.js'
import { quoteName, type Row } from '../../sqlite/sqlite.js'
import { comparedTables } from './summary.js'

/** What one table adds up to. */
export interface TableSums {
  /** All its rows. */
  rows: number
  /** Sums over the rows below its bound, or over all where it has none, as one comparable text. */
  sums: string
}

/** Sums over every table, computed where the data is. */
export type Aggregates = Map<string, TableSums>

/**
 * What plain SQL can add up about the rows of a table, in any order, on any version of SQLite: types, lengths, all bits of
 * integers, reals to twenty binary places, characters at several places of a text, each weighted by its column. The
 * checksums of the restored copy are stronger; this is the part that can be asked of a remote database. `counts` only
 * counts the rows, `schema` reads none. `bounds`: which rows are added up.
 */
export async function aggregateTables(
  reader: Reader,
  inventory: Inventory,
  comparison: Comparison,
  bounds: Bounds = new Map(),
): Promise<Aggregates> {
  const tables: Aggregates = new Map()
  if (comparison === 'schema') return tables
  for (const table of comparedTables(inventory)) {
    const sums: string[] = []
    let rows = 0
    const passes = comparison === 'counts' ? 1 : passesOver(table)
    for (let pass = 0; pass < passes; pass += 1) {
      const from = pass * COLUMNS_A_PASS
      const columns = comparison === 'counts' ? [] : table.visible.slice(from, from + COLUMNS_A_PASS)
      const { rows: all, ...added } = await sumsOf(reader, table, columns, bounds.get(table.name))
      rows = Number(all ?? 0)
      sums.push(Object.values(added).map(String).join(','))
    }
    tables.set(table.name, { rows, sums: sums.join('|') })
  }
  return tables
}

export function differingTables(a: Aggregates, b: Aggregates): string[] {
  const names = new Set([...a.keys(), ...b.keys()])
  return [...names].filter((name) => {
    const [one, other] = [a.get(name), b.get(name)]
    return one?.sums !== other?.sums || one?.rows !== other?.rows
  })
}

async function sumsOf(
  reader: Reader,
  table: TableShape,
  columns: string[],
  bound: string | undefined,
): Promise<Row> {
  // In the same scan as the number of all rows: both are of one moment, and billed once.
  const only = bound === undefined ? '' : ` FILTER (WHERE ${bound})`
  const sums = columns.map(
    (name, index) => `CAST(sum(${valueSum(quoteName(name))})${only} AS TEXT) AS s${index}`,
  )
  const cross = columns.map((name, index) => `${index * 2 + 3} * (${valueSum(quoteName(name))})`).join(' + ')
  // The row's own sum, squared: tells values that moved from one row to another.
  const tied = cross === '' ? '0' : `sum(((${cross}) % 65521) * ((${cross}) % 65521))${only}`
  const sql = `SELECT count(*) AS rows, count(*)${only} AS n, ${[...sums, `CAST(${tied} AS TEXT) AS bound`].join(', ')} FROM ${quoteName(table.name)}`
  const [row] = await reader.query(sql)
  return row ?? {}
}

/** Below 2^31 for one value, so that a sum over billions of rows stays an integer. */
function valueSum(column: string): string {
  const at = (place: string): string => `coalesce(unicode(substr(${column}, ${place}, 1)), 0)`
  const text = `octet_length(${column}) % 1048573 * 7 + ${at('1')} * 3 + ${at('2')} * 5 + ${at('-1')} * 11 + ${at(`length(${column}) / 2`)} * 13 + ${at(`length(${column}) / 3`)} * 17`
  return `CASE typeof(${column}) WHEN 'null' THEN 1
    WHEN 'integer' THEN 2 + (${column} & 1048575) + ((${column} >> 20) & 1048575) * 3 + ((${column} >> 40) & 16777215) * 5
    WHEN 'real' THEN 3 + (CAST(${column} * 1048576.0 AS INTEGER) & 1073741823)
    WHEN 'text' THEN 4 + ${text}
    ELSE 5 + octet_length(${column}) % 1048573 * 7 + coalesce(unicode(hex(substr(${column}, 1, 1))), 0) END`
}
