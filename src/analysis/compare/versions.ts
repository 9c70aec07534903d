import type { DatabaseSync } from 'node:sqlite'
import type { DetailedCatalog } from '../../d1/schema/schema.js'
import type { StatementEvidence } from '../evidence.js'

/** Two versions of one database on one connection: `main` is the migrated one, `prior` the one before. */
export interface Versions {
  database: DatabaseSync
  before: DetailedCatalog
  after: DetailedCatalog
  statements: StatementEvidence[]
}
