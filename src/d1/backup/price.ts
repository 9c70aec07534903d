import { defined } from '../../contract/defined.js'
import { rowsAllowed } from '../../contract/row-allowance.js'
import type { DayUsage, ExportsNow, Price } from '../../contract/price.js'
import type { Target } from '../../contract/target.js'
import { numbersNow } from './export/bounds.js'
import {
  affordableComparison,
  measureTables,
  READINGS,
  rowsToCompare,
  type Measured,
} from './export/comparison.js'
import { wayNow } from './export/way.js'
import { usedToday } from '../cloudflare/day-usage.js'
import { openReader } from '../read/open-reader.js'
import { takeInventory, type Inventory } from '../schema/inventory.js'
import { besideArchives } from './beside-archives.js'
import { newestBackup } from './retention.js'
import { ArchiveProblem, unpackArchive } from './unpack.js'

/** How long an export of how many rows took. */
interface LastExport {
  rows: number
  exportMs: number
}

/** Rows of one page, at least half of which is filled. */
const ROWS_A_PAGE = 100
/** Bookmark, ledger, catalog, the inventory's two, what the account used today; Wrangler's export: begin, one poll, what it asks for first. */
const CALLS_AROUND = 14
/** What the catalog, the ledger and the numbers of rows cost, whatever the size. */
const ROWS_A_TABLE = 40

/**
 * What a backup of a database will cost, if it is taken once and nobody writes meanwhile. Pure.
 */
export function backupPrice(
  measured: Measured,
  { last, usedToday }: { last?: LastExport | undefined; usedToday?: DayUsage | undefined } = {},
): Price {
  const { inventory, sizes, comparison, way, exports } = measured
  const known = sizes.map(({ rows }) => rows ?? 0)
  const rows = known.reduce((sum, one) => sum + one, 0)
  const unknown = sizes.some((size) => size.rows === null)
  const compared = rowsToCompare(sizes, comparison)
  const objects = inventory.tables.length + inventory.virtual.length + 1
  const passes = sizes.reduce((sum, one) => sum + (comparison === 'values' ? one.passes : 1), 0)
  const pages = known.reduce((sum, one) => sum + Math.ceil(one / ROWS_A_PAGE) + 1, 0)
  const counted = sizes.reduce((sum, size) => sum + size.counted, 0)
  const byRows = way === 'rows'
  return {
    act: 'backup',
    rowsRead:
      compared === null || (byRows && unknown)
        ? null
        : counted + compared + (byRows ? rows : 0) + ROWS_A_TABLE * objects + catalogRows(inventory),
    rowsExported: byRows ? 0 : rows,
    rowsWritten: 0,
    apiCalls:
      CALLS_AROUND +
      4 * objects +
      (comparison === 'schema' ? 0 : READINGS * passes) +
      (byRows ? 2 * pages : 0),
    unavailableMs: byRows ? 0 : unavailableFor(rows, unknown, last),
    ...defined({ exports, usedToday }),
  }
}

/** The catalog is read whole for each table that it lists. */
function catalogRows({ tables, virtual, indexes, views, triggers }: Inventory): number {
  const objects = tables.length + virtual.length + indexes.length + views.length + triggers.length
  return 10 * objects
}

/** An export takes as long as it is large. */
function unavailableFor(rows: number, unknown: boolean, last: LastExport | undefined): number | null {
  if (last === undefined || unknown) return null
  return Math.round(last.exportMs * Math.max(1, rows / Math.max(1, last.rows)))
}

/** The last export of this database that was measured; undefined where its newest archive has none, or lies where reading it is dear. */
export async function lastExport(target: Target): Promise<LastExport | undefined> {
  if (target.storage !== undefined) return undefined
  const newest = await newestBackup(besideArchives(target))
  if (newest === undefined) return undefined
  try {
    const { exportMs, tables } = (await unpackArchive(newest.file)).metadata
    return exportMs === undefined
      ? undefined
      : { exportMs, rows: tables.reduce((sum, table) => sum + table.rows, 0) }
  } catch (error) {
    if (error instanceof ArchiveProblem) return undefined
    throw error
  }
}

/** What the hours of exports say of `now`, epoch milliseconds; undefined where they have no say. Pure. */
export function exportsNow(target: Target, now: number): ExportsNow | undefined {
  return wayNow(target, target.backupWay === 'rows' ? 'rows' : 'export', { virtual: false, now }).exports
}

/** What the account has used of its day; undefined where the plan has none. */
export async function usedOfDay(target: Target): Promise<DayUsage | undefined> {
  return target.workersPlan === 'paid' ? undefined : usedToday(target)
}

/**
 * What a backup of a remote target would cost. Reads a handful of rows a table, and at most as many as a comparison may. Throws what
 * reading throws.
 */
export async function priceOfBackup(target: Target): Promise<Price> {
  const reader = await openReader(target)
  try {
    const inventory = await takeInventory(reader)
    const usedToday = await usedOfDay(target)
    const allowed = rowsAllowed(target, usedToday)
    const sizes = await measureTables(reader, inventory, await numbersNow(reader, inventory), allowed)
    const comparison = affordableComparison(sizes, allowed)
    const taken = wayNow(target, target.backupWay === 'rows' ? 'rows' : 'export', {
      ...{ virtual: inventory.virtual.length > 0, now: Date.now() },
    })
    const last = await lastExport(target)
    return backupPrice({ inventory, sizes, comparison, ...taken }, { last, usedToday })
  } finally {
    await reader.close()
  }
}
