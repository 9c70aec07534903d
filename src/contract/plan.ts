import { z } from 'zod'
import { findingSchema, VERDICTS } from './finding.js'
import { proposerSchema } from './provenance.js'
import { configuredQuerySchema, planQueriesSchema } from './queries.js'
import { lossNowSchema, reverseConditionSchema, rollbackCostSchema } from './rollback.js'
import { databaseSchema } from './target.js'

/** One pending file, as the rehearsal on the restored copy saw it run. */
export const plannedMigrationSchema = z.object({
  name: z.string(),
  sha256: z.string().length(64),
  statements: z.number().int().nonnegative(),
  /** Milliseconds on the copy. */
  durationMs: z.number().nonnegative(),
  /** Schema fingerprints that production must show before and after this file. */
  fingerprintBefore: z.string(),
  fingerprintAfter: z.string(),
  /**
   * What each statement cost on the copy: rows as D1 counts and bills them, milliseconds as SQLite took them. Absent for a file that
   * did not run, or that has too many statements to send one by one.
   */
  statementCosts: z
    .array(
      z.object({
        /** 1-based line of its first word. */
        line: z.number().int().positive(),
        rowsRead: z.number().int().nonnegative(),
        rowsWritten: z.number().int().nonnegative(),
        ms: z.number().nonnegative(),
      }),
    )
    .optional(),
  /** The file itself; absent in earlier versions, and where it is longer than 8,000 characters. */
  sql: z.string().optional(),
})
export type PlannedMigration = z.infer<typeof plannedMigrationSchema>

export const rowChangeSchema = z.object({
  table: z.string(),
  /** Rows, null where the table did not exist. */
  before: z.number().int().nullable(),
  after: z.number().int().nullable(),
  /** A full-text index over another table's rows: counted are those that it has indexed. */
  index: z.literal(true).optional(),
  /** The table of before whose rows these are: `before` counts them, and no line is about that name. */
  renamedFrom: z.string().optional(),
})
export type RowChange = z.infer<typeof rowChangeSchema>

/** One difference between two schemas, as it was observed. */
export const schemaChangeSchema = z.object({
  change: z.enum(['added', 'removed', 'changed']),
  type: z.enum(['table', 'column', 'index', 'trigger', 'view']),
  name: z.string(),
  /** The table of a column, index or trigger. */
  table: z.string().optional(),
  /** Normalised SQL; for a column its declaration. */
  before: z.string().optional(),
  after: z.string().optional(),
  /** Of a table that is `changed`: its name before, where ALTER TABLE gave it another. */
  renamedFrom: z.string().optional(),
})
export type SchemaChange = z.infer<typeof schemaChangeSchema>

/** The way back, rehearsed forward and back on the copy. */
export const rollbackSummarySchema = z.object({
  available: z.boolean(),
  /** The reverse migration; absent when none could be written. */
  sql: z.string().optional(),
  rehearsed: z.boolean(),
  /** What it cannot bring back, one sentence each; empty means nothing is lost. */
  price: z.array(z.string()),
  /** The same as numbers, where they were counted. */
  cost: rollbackCostSchema.optional(),
  /** What rows written behind the migration can do to it. */
  conditions: z.array(reverseConditionSchema).optional(),
  /** Beside `cost`: what it costs of the database as it is now, where there was a copy of that, and the reverse runs on it. */
  now: z.array(lossNowSchema).optional(),
  /** File of the migrations folder that is this reverse, proven like ours; absent: it was written here. */
  file: z.string().optional(),
  /** Files of the folder that are called a reverse, and why they are none. */
  others: z.array(z.object({ name: z.string(), why: z.string() })).optional(),
  /** Files of this plan behind which the schema is again the one of before earlier files of it. */
  cancels: z.array(z.object({ name: z.string(), takesBack: z.array(z.string()) })).optional(),
})
export type RollbackSummary = z.infer<typeof rollbackSummarySchema>

/** What the hash of a run's plan covers: with the signatures on that hash, each part of it can be proven alone. */
export const planBoundSchema = z.object({
  version: z.literal(2),
  /** The approval is for recording these files in the ledger, and for running none of them. Absent: for applying them. */
  act: z.literal('adopt').optional(),
  /** SHA-256 of all else that was shown: verdict and findings too. */
  content: z.string(),
  /** The policy, people and all else that decisions are taken under. */
  charterHash: z.string(),
  /** Whose approval of their own request may not count. */
  requester: z.string(),
  /** The agent that proposed it: then no gate opens by itself. */
  proposedBy: proposerSchema.optional(),
  environment: z.string(),
  databaseId: z.string(),
  migrations: z.array(
    z.object({
      name: z.string(),
      sha256: z.string(),
      fingerprintBefore: z.string(),
      fingerprintAfter: z.string(),
    }),
  ),
  ledger: z.array(z.string()),
  /** The archive that the plan was rehearsed on, and the bookmark of its moment: what the ways back lead to. */
  backupSha256: z.string(),
  bookmark: z.string().optional(),
  /** SHA-256 of the reverse migration of all files. */
  reverseSha256: z.string().optional(),
})
export type PlanBound = z.infer<typeof planBoundSchema>

export const planSchema = z.object({
  /**
   * SHA-256 over files, database, ledger, fingerprint and findings; of a run's plan over `bound`, which holds that one: what an approval
   * is given for.
   */
  planHash: z.string().length(64),
  /** Absent in a plan that no run made, and in runs of earlier versions. */
  bound: planBoundSchema.optional(),
  verdict: z.enum(VERDICTS),
  environment: z.string(),
  database: databaseSchema,
  migrations: z.array(plannedMigrationSchema),
  findings: z.array(findingSchema),
  /** Names in the ledger when the plan was made, in its order. */
  ledger: z.array(z.string()),
  schemaFingerprint: z.string(),
  predictedFingerprint: z.string(),
  rows: z.array(rowChangeSchema),
  rollback: rollbackSummarySchema,
  /** For the report: whole objects of the copy that were added, removed or changed. */
  schemaChanges: z.array(schemaChangeSchema).optional(),
  /** Production's own queries on the copy, where no `queries` are configured and the database is remote. */
  queries: planQueriesSchema.optional(),
  /** The configured `queries` on the copy; absent where none are, and in earlier versions. */
  configuredQueries: z.array(configuredQuerySchema).optional(),
})
export type Plan = z.infer<typeof planSchema>
