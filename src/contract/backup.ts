import { z } from 'zod'
import { DISK_NAME } from './names.js'

/** `checksum` is order-independent and type-exact over all rows of the table. */
export const tableSummarySchema = z.object({
  name: z.string(),
  rows: z.number().int().nonnegative(),
  checksum: z.string(),
})
export type TableSummary = z.infer<typeof tableSummarySchema>

/**
 * What the restored copy was compared with the live database by: sums over every value (a local database: checksums of
 * every row), row counts, or the schema alone, where `maxRowsRead` allowed no more.
 */
export const comparisonSchema = z.enum(['values', 'counts', 'schema'])
export type Comparison = z.infer<typeof comparisonSchema>

/** How a remote database was read: by D1's own export, one moment of its own, or page by page, during which nothing waits. */
export const backupWaySchema = z.enum(['export', 'rows'])
export type BackupWay = z.infer<typeof backupWaySchema>

/**
 * A table that was written to while the backup was made. `grew`: the rows that were there before are in the copy as they are in the
 * database; `changed`: some of them were changed meanwhile, and only numbers bound the copy.
 */
export const movedTableSchema = z.object({
  name: z.string(),
  how: z.enum(['grew', 'changed']),
  /** Rows of the live database before and after, and of the copy. */
  before: z.number().int().nonnegative(),
  after: z.number().int().nonnegative(),
  copied: z.number().int().nonnegative(),
})
export type MovedTable = z.infer<typeof movedTableSchema>

/** What a sealed archive holds in the place of `database.sql`: the same, packed by gzip and encrypted by age. */
export const sealSchema = z.object({
  /** Public keys; who has the secret key of one can open it. */
  recipients: z.array(z.string()).min(1),
  /** Of the sealed bytes. */
  sha256: z.string().length(64),
  sizeBytes: z.number().int().nonnegative(),
})
export type Seal = z.infer<typeof sealSchema>

/** `metadata.json` of a backup archive. */
export const backupMetadataSchema = z.object({
  version: z.literal(1),
  /** When the export began, ISO 8601, UTC: what was written later may not be in it. */
  createdAt: z.string(),
  environment: z.string(),
  database: z.object({ name: z.string(), id: z.string() }),
  wranglerVersion: z.string(),
  /** SHA-256 of `database.sql`. */
  sha256: z.string().length(64),
  /** Bytes of `database.sql`. */
  sizeBytes: z.number().int().nonnegative(),
  tables: z.array(tableSummarySchema),
  schemaFingerprint: z.string(),
  bookmark: z.string().optional(),
  comparison: comparisonSchema.optional(),
  /** Absent for a local database, which is read in one transaction. */
  way: backupWaySchema.optional(),
  /** Tables that moved meanwhile. Absent where nothing tells: a local database, a comparison by schema alone, older archives. */
  moved: z.array(movedTableSchema).optional(),
  /** Rows that D1 read for this backup and bills. Absent for a local database. */
  rowsRead: z.number().int().nonnegative().optional(),
  /** How long the command of D1's own export took, its start and download included: the database answers nobody for most of it. Milliseconds; absent by rows. */
  exportMs: z.number().nonnegative().optional(),
  restore: z.object({
    engine: z.string(),
    durationMs: z.number().nonnegative(),
    integrityCheck: z.string(),
    foreignKeyViolations: z.number().int().nonnegative(),
  }),
  /** Absent: it is readable for everybody who has it. All else here is said of the content from before it was sealed. */
  sealed: sealSchema.optional(),
})
export type BackupMetadata = z.infer<typeof backupMetadataSchema>

export const ledgerEntrySchema = z.object({
  id: z.number().int(),
  name: z.string(),
  appliedAt: z.string(),
})
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>

/** `migration_state.json` of a backup archive. */
export const migrationStateSchema = z.object({
  ledger: z.array(ledgerEntrySchema),
  files: z.array(z.object({ name: z.string(), sha256: z.string().length(64) })),
  /** Name of the ledger table, which the schema fingerprint leaves out; `d1_migrations` when absent. */
  migrationsTable: z.string().optional(),
})
export type MigrationState = z.infer<typeof migrationStateSchema>

/** An archive that is sealed: the archive as it is now, and the public keys whose owners can open it. */
export interface SealedArchive {
  file: string
  sha256: string
  sizeBytes: number
  sealedTo: string[]
}

/** What became of the archives that were to be sealed, by their places. */
export interface Sealing {
  sealed: SealedArchive[]
  /** Were sealed before. */
  already: SealedArchive[]
  /** Another run needs them, and reads them. */
  needed: string[]
  unreadable: string[]
}

/** A backup that was restored and compared before it got its final name. */
export const backupRecordSchema = z.object({
  /** Absolute path of the archive. */
  file: z.string(),
  /** SHA-256 of the archive. */
  sha256: z.string().length(64),
  sizeBytes: z.number().int().nonnegative(),
  createdAt: z.string(),
  verified: z.boolean(),
  bookmark: z.string().optional(),
  tables: z.array(tableSummarySchema),
  schemaFingerprint: z.string(),
  comparison: comparisonSchema.optional(),
  /** Absent for a local database, which is read in one transaction. */
  way: backupWaySchema.optional(),
  /** Tables that moved meanwhile. Absent where nothing tells: a local database, a comparison by schema alone, older archives. */
  moved: z.array(movedTableSchema).optional(),
  /** Rows that D1 read for this backup and bills. Absent for a local database. */
  rowsRead: z.number().int().nonnegative().optional(),
  exportMs: z.number().nonnegative().optional(),
  /** How long this run took to make it; absent where it was made before. Milliseconds. */
  durationMs: z.number().nonnegative().optional(),
  /** Name of the disk that it lies on: what reads it goes to a worker that has this disk. Absent: every worker reaches it. */
  disk: z.string().regex(DISK_NAME).optional(),
  /** Public keys of age that it was sealed to; `verified` is said of what was read before. Absent: it is readable. */
  sealedTo: z.array(z.string()).optional(),
})
export type BackupRecord = z.infer<typeof backupRecordSchema>
