import type { MadeObject, WrittenSince, WrittenTable } from '../../contract/rollback.js'
import type { Target } from '../../contract/target.js'
import { openFileReader } from '../read/local-reader.js'
import { openReader } from '../read/open-reader.js'
import { CATALOG_SQL, catalogOf, type Catalog } from '../schema/catalog.js'
import { takeInventory, type Inventory, type TableShape } from '../schema/inventory.js'
import { isLedger } from '../schema/ledger.js'
import { madeObjects } from '../schema/made-objects.js'
import type { Reader } from '../sqlite/reader.js'
import { aggregateTables, differingTables, type Aggregates } from './export/aggregates.js'
import { numbersNow } from './export/bounds.js'
import { affordableComparison, measureTables } from './export/comparison.js'

/**
 * How the live database differs from a copy, an SQLite file, as closely as `backupMaxRowsRead` allows: by sums over every value, by row
 * counts, or by its schema. `uncertain` (lower case) are tables whose values say nothing. Throws what reading throws.
 */
export async function liveDifference(
  target: Target,
  { file, uncertain, signal }: { file: string; uncertain: readonly string[]; signal: AbortSignal },
): Promise<Pick<WrittenSince, 'by' | 'tables' | 'objects'>> {
  const copy = openFileReader(file)
  const live = await openReader(target, { signal })
  try {
    const [then, now] = [await sideOf(copy, target), await sideOf(live, target)]
    const allowed = target.backupMaxRowsRead
    const sizes = await measureTables(live, now.inventory, await numbersNow(live, now.inventory), allowed)
    const comparison = affordableComparison(sizes, allowed)
    const objects: MadeObject[] = madeObjects(then.catalog, now.catalog)
    if (comparison === 'schema') return { by: 'schema', tables: [], objects }
    const values = comparison === 'values'
    const same = sameShapes(then.inventory, now.inventory)
    const [was, is] = [
      await sums(copy, then.inventory, same, values),
      await sums(live, now.inventory, same, values),
    ]
    const differing = new Set(differingTables(was, is))
    const names = [...new Set([...was.keys(), ...is.keys()])].sort()
    const tables = names.flatMap((table): WrittenTable[] => {
      const [before, after] = [was.get(table), is.get(table)]
      const difference = (after?.rows ?? 0) - (before?.rows ?? 0)
      const exact = {
        table,
        added: Math.max(0, difference),
        changed: 0,
        gone: Math.max(0, -difference),
        difference,
      }
      if (before === undefined || after === undefined) return difference === 0 ? [] : [exact]
      const unknown = { table, added: null, changed: null, gone: null, difference }
      if (uncertain.includes(table.toLowerCase())) return [{ ...unknown, uncertain: true }]
      const told = values && same.has(table)
      if (told ? !differing.has(table) : difference === 0 && same.has(table)) return []
      return [same.has(table) ? unknown : { ...unknown, otherColumns: true }]
    })
    return { by: values ? 'sums' : 'counts', tables, objects }
  } finally {
    await live.close()
    await copy.close()
  }
}

async function sideOf(reader: Reader, target: Target): Promise<{ catalog: Catalog; inventory: Inventory }> {
  const catalog = catalogOf(await reader.query(CATALOG_SQL), target.migrationsTable)
  const inventory = await takeInventory(reader)
  const tables = inventory.tables.filter(({ name }) => !isLedger(name, target.migrationsTable))
  return { catalog, inventory: { ...inventory, tables } }
}

/** Tables whose columns are the same on both sides: only their sums can be compared. */
function sameShapes(then: Inventory, now: Inventory): Set<string> {
  const text = ({ name, visible }: TableShape): string => JSON.stringify([name, visible])
  const known = new Set([...then.tables, ...then.virtual].map(text))
  return new Set(
    [...now.tables, ...now.virtual].filter((table) => known.has(text(table))).map(({ name }) => name),
  )
}

/** Of tables whose columns differ only the rows are counted. */
async function sums(
  reader: Reader,
  inventory: Inventory,
  same: Set<string>,
  values: boolean,
): Promise<Aggregates> {
  const only = (wanted: boolean): Inventory => ({
    ...inventory,
    tables: inventory.tables.filter(({ name }) => same.has(name) === wanted),
    virtual: inventory.virtual.filter(({ name }) => same.has(name) === wanted),
  })
  const compared = await aggregateTables(reader, only(true), values ? 'values' : 'counts')
  return new Map([...compared, ...(await aggregateTables(reader, only(false), 'counts'))])
}
