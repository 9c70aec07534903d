import type { LedgerEntry } from '../../contract/backup.js'
import { CATALOG_SQL, catalogOf, schemaFingerprint, type Catalog } from './catalog.js'
import { readLedger } from './ledger.js'
import type { Reader } from '../sqlite/reader.js'

/** What says which migrations a database has: its ledger and its schema. */
export interface Snapshot {
  ledger: LedgerEntry[]
  catalog: Catalog
  schemaFingerprint: string
}

export async function snapshotOf(reader: Reader, migrationsTable: string): Promise<Snapshot> {
  const ledger = await readLedger(reader, migrationsTable)
  const catalog = catalogOf(await reader.query(CATALOG_SQL), migrationsTable)
  return { ledger, catalog, schemaFingerprint: schemaFingerprint(catalog) }
}
