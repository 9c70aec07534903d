import { mkdtemp, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Comparison } from '../../contract/backup.js'
import { defined } from '../../contract/defined.js'
import { rowsAllowed } from '../../contract/row-allowance.js'
import type { Target } from '../../contract/target.js'
import { withReader } from '../read/open-reader.js'
import { takeInventory, type Inventory } from '../schema/inventory.js'
import { snapshotOf } from '../schema/snapshot.js'
import type { Reader } from '../sqlite/reader.js'
import { openSqlite } from '../sqlite/sqlite.js'
import { aggregateTables, differingTables } from './export/aggregates.js'
import { numbersNow } from './export/bounds.js'
import { affordableComparison, measureTables } from './export/comparison.js'
import { dumpDatabase } from './export/dump.js'
import { connectionReader, summariseFile, writeDump } from './export/export.js'
import { loadSql } from './export/load.js'
import { usedOfDay } from './price.js'
import { remoteSource } from './export/remote-rows.js'
import { compareSummaries } from './export/summary.js'

/** A live remote database against an SQLite file. */
export interface Held {
  sameSchema: boolean
  /** How closely the tables were compared, and which of them differ; none where the schema does, which says it all. */
  comparison: Comparison
  differing: string[]
}

type Both = { wanted: Reader; live: Reader; inventory: Inventory }

/** Compares in sums, as closely as the rows that may be read for it allow. Throws what reading throws. */
export function heldAgainst(target: Target, restored: string): Promise<Held> {
  return withBoth(target, restored, (both) => compare(target, both))
}

/**
 * Whether the live database is known to hold what the SQLite file `restored` does: its schema, its sums, and then, since sums may be
 * the same of values that differ, each row of it. False is no knowledge: more rows than may be read are not compared. Reads the live rows
 * only where all else is the same. `folder`: for what is read. Throws what reading throws, `DatabaseLocked` while D1 exports or imports.
 */
export function holdsAll(
  target: Target,
  { restored, folder, signal }: { restored: string; folder: string; signal?: AbortSignal },
): Promise<boolean> {
  return withBoth(target, restored, async (both) => {
    const { sameSchema, comparison, differing } = await compare(target, both)
    if (!sameSchema || comparison !== 'values' || differing.length > 0) return false
    return (await sameSequences(both)) && sameRows({ ...both, restored, folder, ...defined({ signal }) })
  })
}

async function withBoth<T>(target: Target, restored: string, work: (both: Both) => Promise<T>): Promise<T> {
  const copy = openSqlite(restored, { readOnly: true })
  try {
    const wanted = connectionReader(copy)
    const inventory = await takeInventory(wanted)
    return await withReader(target, (live) => work({ wanted, live, inventory }))
  } finally {
    copy.close()
  }
}

async function compare(target: Target, { wanted, live, inventory }: Both): Promise<Held> {
  const schemaOf = async (reader: Reader): Promise<string> =>
    (await snapshotOf(reader, target.migrationsTable)).schemaFingerprint
  const sameSchema = (await schemaOf(wanted)) === (await schemaOf(live))
  if (!sameSchema) return { sameSchema, comparison: 'schema', differing: [] }
  const allowed = rowsAllowed(target, await usedOfDay(target))
  const sizes = await measureTables(live, inventory, await numbersNow(live, inventory), allowed)
  const comparison = affordableComparison(sizes, allowed)
  const differing = differingTables(
    await aggregateTables(wanted, inventory, comparison),
    await aggregateTables(live, inventory, comparison),
  )
  return { sameSchema, comparison, differing }
}

/** The next numbers of AUTOINCREMENT, which no row tells. */
async function sameSequences({ wanted, live, inventory }: Both): Promise<boolean> {
  if (!inventory.sequences) return true
  const of = async (reader: Reader): Promise<string> =>
    JSON.stringify(
      await reader.query('SELECT name, CAST(seq AS TEXT) AS seq FROM sqlite_sequence ORDER BY name'),
    )
  return (await of(wanted)) === (await of(live))
}

/** Reads every row of the live side into a file of its own, and compares checksums. */
async function sameRows({
  live,
  inventory,
  restored,
  folder,
  signal,
}: Both & { restored: string; folder: string; signal?: AbortSignal }): Promise<boolean> {
  const own = await mkdtemp(path.join(folder, 'held-'))
  const [dump, found] = [path.join(own, 'live.sql'), path.join(own, 'live.sqlite')]
  try {
    await writeDump(dump, (out) => dumpDatabase(remoteSource(live), inventory, out, signal))
    await loadSql(dump, found, signal)
    const [expected, there] = [await summariseFile(restored, signal), await summariseFile(found, signal)]
    return compareSummaries(expected, there, { expected: 'the archive', found: 'the database' }).length === 0
  } finally {
    await rm(own, { recursive: true, force: true, maxRetries: 3 })
  }
}
