import type { Comparison } from '../../../contract/backup.js'
import { COLUMNS_A_PASS, passesOver } from './comparison.js'
import type { Inventory, TableShape } from '../../schema/inventory.js'
import type { Reader } from '../../sqlite/reader.js'
import { quoteName, type Row } from '../../sqlite/sqlite.js'
import { comparedTables } from './summary.js'

/** Sums over every table, computed where the data is: table name to its sums, as one comparable text. */
export type Aggregates = Map<string, string>

/**
 * What plain SQL can add up about the rows of a table, in any order, on any version of SQLite: types, lengths, all bits of
 * integers, reals to twenty binary places, characters at several places of a text, each weighted by its column. The
 * checksums of the restored copy are stronger; this is the part that can be asked of a remote database. `counts` only
 * counts the rows, `schema` reads none.
 */
export async function aggregateTables(
  reader: Reader,
  inventory: Inventory,
  comparison: Comparison,
): Promise<Aggregates> {
  const tables: Aggregates = new Map()
  if (comparison === 'schema') return tables
  for (const table of comparedTables(inventory)) {
    const sums: string[] = []
    const passes = comparison === 'counts' ? 1 : passesOver(table)
    for (let pass = 0; pass < passes; pass += 1) {
      const from = pass * COLUMNS_A_PASS
      const columns = comparison === 'counts' ? [] : table.visible.slice(from, from + COLUMNS_A_PASS)
      sums.push(
        Object.values(await sumsOf(reader, table, columns))
          .map(String)
          .join(','),
      )
    }
    tables.set(table.name, sums.join('|'))
  }
  return tables
}

export function differingTables(a: Aggregates, b: Aggregates): string[] {
  const names = new Set([...a.keys(), ...b.keys()])
  return [...names].filter((name) => a.get(name) !== b.get(name))
}

async function sumsOf(reader: Reader, table: TableShape, columns: string[]): Promise<Row> {
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
