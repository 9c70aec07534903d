import type { BackupWay, Comparison } from '../../../contract/backup.js'
import type { ExportsNow } from '../../../contract/price.js'
import type { Inventory, TableShape } from '../../schema/inventory.js'
import type { Reader } from '../../sqlite/reader.js'
import { quoteName } from '../../sqlite/sqlite.js'
import type { Numbers } from './bounds.js'
import { comparedTables } from './summary.js'

/** Columns that one query sums up: D1 gives a result 100 columns and a statement 100 KB. */
export const COLUMNS_A_PASS = 20

/** The live side is read before and after the export, to tell a moving table from a broken export. */
export const READINGS = 2

/** A table, measured before it is read. */
export interface TableSize {
  name: string
  /** At least as many as it has; null: more than are worth counting. */
  rows: number | null
  /** Queries that it takes to add all of it up. */
  passes: number
  /** Rows that D1 read to know how large it is. */
  counted: number
}

/** A database measured before it is backed up. */
export interface Measured {
  inventory: Inventory
  sizes: readonly TableSize[]
  comparison: Comparison
  way: BackupWay
  exports?: ExportsNow
}

/**
 * How large the tables are, without D1 reading, and billing, more than `maxRows` rows for it: by their first and last numbers where
 * those are not sparse, else by counting.
 */
export async function measureTables(
  reader: Reader,
  inventory: Inventory,
  numbers: Numbers,
  maxRows: number | undefined,
): Promise<TableSize[]> {
  const sizes: TableSize[] = []
  let left = maxRows ?? Infinity
  for (const table of comparedTables(inventory)) {
    const { name } = table
    const span = numbers.get(name)?.span ?? Infinity
    let rows: number | null = span <= (maxRows ?? DENSE) ? span : null
    let counted = 0
    if (rows === null && left > 0) {
      counted = await countUpTo(reader, name, left)
      rows = counted > left ? null : counted
      left -= counted
    }
    sizes.push({ name, rows, passes: passesOver(table), counted })
  }
  return sizes
}

/** A span of numbers past this is counted all the same where nothing bounds it: numbers may be times or hashes. */
const DENSE = 1_000_000

async function countUpTo(reader: Reader, name: string, bound: number): Promise<number> {
  const limit = Number.isFinite(bound) ? `LIMIT ${bound + 1}` : ''
  const [row] = await reader.query(`SELECT count(*) AS n FROM (SELECT 1 FROM ${quoteName(name)} ${limit})`)
  return Number(row?.['n'] ?? 0)
}

/**
 * How closely a live database can be compared without D1 reading more than `maxRows` rows for it: value by value in sums, by row
 * counts, or by its schema alone.
 */
export function affordableComparison(sizes: readonly TableSize[], maxRows: number | undefined): Comparison {
  if (maxRows === undefined) return 'values'
  const costs = (['values', 'counts'] as const).map((comparison) => ({
    comparison,
    rows: rowsToCompare(sizes, comparison),
  }))
  return costs.find(({ rows }) => rows !== null && rows <= maxRows)?.comparison ?? 'schema'
}

/** Rows that D1 reads for it; null where a table was not measured. */
export function rowsToCompare(sizes: readonly TableSize[], comparison: Comparison): number | null {
  if (comparison === 'schema') return 0
  let sum = 0
  for (const { rows, passes } of sizes) {
    if (rows === null) return null
    sum += READINGS * rows * (comparison === 'values' ? passes : 1)
  }
  return sum
}

export function passesOver({ visible }: TableShape): number {
  return Math.max(1, Math.ceil(visible.length / COLUMNS_A_PASS))
}
