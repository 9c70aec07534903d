import type { LedgerEntry } from '../../contract/backup.js'
import type { Target } from '../../contract/target.js'
import { CATALOG_SQL, catalogOf, schemaFingerprint, type Catalog } from './catalog.js'
import { readLedger } from './ledger.js'
import { withReader } from '../read/open-reader.js'
import type { Reader } from '../sqlite/reader.js'

/** What says which migrations a database has: its ledger and its schema. */
export interface Snapshot {
  ledger: LedgerEntry[]
  catalog: Catalog
  schemaFingerprint: string
}

export function readSnapshot(target: Target): Promise<Snapshot> {
  return withReader(target, (reader) => snapshotOf(reader, target.migrationsTable))
}

export async function snapshotOf(reader: Reader, migrationsTable: string): Promise<Snapshot> {
  const ledger = await readLedger(reader, migrationsTable)
  const catalog = catalogOf(await reader.query(CATALOG_SQL), migrationsTable)
  return { ledger, catalog, schemaFingerprint: schemaFingerprint(catalog) }
}
