import { z } from 'zod'
import { DEFAULT_LEDGER } from './names.js'
import { exportHoursSchema } from './export-hours.js'
import { workersPlanSchema } from './price.js'
import { recipientsSchema } from './recipient.js'
import { storageSchema } from './storage.js'

/** Which database of Cloudflare's or of this machine is meant. */
export const databaseSchema = z.object({
  /** `database_name` in the Wrangler file. */
  name: z.string().min(1),
  /** `database_id`: a UUID for a remote database, any text for a local one. */
  id: z.string().min(1),
  remote: z.boolean(),
})
export type Database = z.infer<typeof databaseSchema>

/**
 * One environment, resolved: all that an activity must know to reach the database, without secrets (those stay in the
 * worker's process environment). Travels in workflow input, so it is plain JSON.
 */
export const targetSchema = z.object({
  environment: z.string().min(1),
  /** Production-like: policy defaults ask for people, warnings are stricter. */
  production: z.boolean(),
  database: databaseSchema,
  /** Binding name in the Wrangler file. */
  binding: z.string().min(1),
  /** What `--database` must say to mean it; absent where it is meant without. */
  databaseOption: z.string().min(1).optional(),
  /** Cloudflare account; remote only. Checked against what the API reports. */
  accountId: z.string().optional(),
  /** Absolute folder of the project. A local database lives below it; a worker of a remote one may not have it. */
  projectDir: z.string().min(1),
  /** Absolute path of the Wrangler file. */
  wranglerConfig: z.string().min(1),
  /** `[env.NAME]` of the Wrangler file, absent for its top level. */
  wranglerEnv: z.string().optional(),
  /** Absolute folder of the migration files. */
  migrationsDir: z.string().min(1),
  /** Glob of the migration files, relative to `migrationsDir`; absent: `*.sql`. */
  migrationsPattern: z.string().min(1).optional(),
  migrationsTable: z.string().min(1).default(DEFAULT_LEDGER),
  /** Local state folder of Wrangler (`--persist-to`), absolute; local only. */
  persistTo: z.string().optional(),
  /** Folder where archives of this environment go, absolute. */
  backupDir: z.string().min(1),
  /** Where archives go instead, and what else all workers of a run must reach. */
  storage: storageSchema.optional(),
  /** Plan of the account that holds it; absent: not known, and reckoned as the free one. */
  workersPlan: workersPlanSchema.optional(),
  /** Rows that comparing a remote backup with the live database may read, which D1 bills; absent: what the plan allows. */
  backupMaxRowsRead: z.number().int().nonnegative().optional(),
  /** How a remote database is read for a backup; absent: `auto`, by D1's export, and by rows where that is unfit. */
  backupWay: z.enum(['auto', 'export', 'rows']).optional(),
  /** When D1's own export of it may begin; absent: at any time. */
  backupExportHours: exportHoursSchema.optional(),
  /** Public keys of age that archives are sealed to as soon as no run needs them; absent: they stay readable. */
  backupRecipients: recipientsSchema.optional(),
  /** How long a run waits for a worker that has its archive, where workers share no storage. Milliseconds; absent: ten minutes. */
  archiveWaitMs: z.number().int().positive().optional(),
})
export type Target = z.infer<typeof targetSchema>

/** The bytes of one migration file, as they will run. */
export const migrationFileSchema = z.object({
  name: z.string().min(1),
  sha256: z.string().length(64),
  sizeBytes: z.number().int().nonnegative(),
  sql: z.string(),
})
export type MigrationFile = z.infer<typeof migrationFileSchema>

/** Name and hash of a file, without its bytes. */
export type MigrationRef = Pick<MigrationFile, 'name' | 'sha256'>
