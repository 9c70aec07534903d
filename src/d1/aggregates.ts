import { comparedTables } from './summary.js'
import type { Inventory, TableShape } from './inventory.js'
import type { Reader } from './reader.js'
import { quoteName, type Row } from './sqlite.js'

/** Sums over every table, computed where the data is. */
export interface Aggregates {
  /** Table name to its sums, as one comparable text. */
  tables: Map<string, string>
  /** Rows that D1 read for them, which it bills. */
  rowsRead: number
}

/**
 * What plain SQL can add up about the rows of a table, in any order, on any version of SQLite: types, lengths, all bits of
 * integers, reals to twenty binary places, characters at several places of a text, each weighted by its column. The
 * checksums of the restored copy are stronger; this is the part that can be asked of a remote database.
 */
export async function aggregateTables(reader: Reader, inventory: Inventory): Promise<Aggregates> {
  const tables = new Map<string, string>()
  let rowsRead = 0
  for (const table of comparedTables(inventory)) {
    const sums: string[] = []
    // D1 gives a result 100 columns and a statement 100 KB: wide tables take several queries.
    for (let from = 0; from < Math.max(table.visible.length, 1); from += 20) {
      const row = await sumsOf(reader, table, from, from + 20)
      rowsRead += Number(row['n'])
      sums.push(Object.values(row).map(String).join(','))
    }
    tables.set(table.name, sums.join('|'))
  }
  return { tables, rowsRead }
}

export function differingTables(a: Aggregates, b: Aggregates): string[] {
  const names = new Set([...a.tables.keys(), ...b.tables.keys()])
  return [...names].filter((name) => a.tables.get(name) !== b.tables.get(name))
}

async function sumsOf(reader: Reader, table: TableShape, from: number, to: number): Promise<Row> {
  const columns = table.visible.slice(from, to)
  const sums = columns.map((name, index) => `CAST(sum(${valueSum(quoteName(name))}) AS TEXT) AS s${index}`)
  const cross = columns.map((name, index) => `${index * 2 + 3} * (${valueSum(quoteName(name))})`).join(' + ')
  // The row's own sum, squared: tells values that moved from one row to another.
  const bound = cross === '' ? '0' : `sum(((${cross}) % 65521) * ((${cross}) % 65521))`
  const sql = `SELECT count(*) AS n, ${[...sums, `CAST(${bound} AS TEXT) AS bound`].join(', ')} FROM ${quoteName(table.name)}`
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
    ELSE 5 + octet_length(${column}) % 1048573 * 7 + coalesce(unicode(substr(hex(${column}), 1, 1)), 0) END`
}
