import type { DatabaseSync } from 'node:sqlite'
import type { DetailedCatalog } from '../../d1/schema/schema.js'
import type { TableFate } from '../evidence.js'

/** `main` is the migrated database, `prior` the one before, on one connection. */
export interface ReverseInput {
  database: DatabaseSync
  before: DetailedCatalog
  after: DetailedCatalog
  /** What became of the tables that the forward migration touched. */
  fates: TableFate[]
  /** Rebuild also where ALTER TABLE … DROP COLUMN would do. */
  rebuildOnly?: boolean
}
