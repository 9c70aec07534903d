import { z } from 'zod'
import { admissionSchema } from './admission.js'
import { announcementSchema, channelSchema, contactSchema } from './announcement.js'
import { backupRecordSchema } from './backup.js'
import { priceSchema } from './price.js'
import { assertionSchema } from './decision.js'
import { LIMITS } from './limits.js'
import { checkpointSchema, monitoringPlanSchema, monitoringViewSchema } from './monitoring.js'
import { GATES, OUTCOMES, PHASES, STEERING } from './names.js'
import { planViewSchema } from './plan-view.js'
import { personSchema, policySchema, rollbackStrategySchema } from './policy.js'
import { proposerSchema, provenanceSchema } from './provenance.js'
import { rollbackCostSchema, rollbackOptionSchema, sinceSchema } from './rollback.js'
import { databaseSchema, targetSchema } from './target.js'
import { wordsSchema } from './words.js'

/** The migration files as they travel: inline and compressed, or by hash in the artifact store. */
export const bundleSchema = z.discriminatedUnion('encoding', [
  z.object({ encoding: z.literal('gzip-base64'), data: z.string() }),
  z.object({ encoding: z.literal('artifact'), sha256: z.string().length(64) }),
])
export type Bundle = z.infer<typeof bundleSchema>

/** A check whose result is known: by a machine, or attested by a person. */
export const checkSchema = z.object({
  name: z.string(),
  /** The runbook's line. */
  title: z.string(),
  state: z.enum(['passed', 'failed', 'warned', 'skipped', 'attested']),
  message: z.string(),
  advice: wordsSchema.optional(),
  /** Of the run's steps, the one that asked for it. */
  step: z.string().optional(),
  /** Kind of the monitoring probe that made it, such as `http`; absent where none did. */
  probeKind: z.string().optional(),
  /** That probe is critical. */
  critical: z.literal(true).optional(),
  /** What it looked at costs. */
  price: priceSchema.optional(),
  /** Of the line about git: the commit that holds every file, byte for byte. */
  commit: z
    .string()
    .regex(/^[0-9a-f]{40,64}$/)
    .optional(),
  /** Brought along by whoever started the run, and looked at by no worker. */
  source: z.literal('client').optional(),
  /** Attested by whom, ISO 8601. */
  actor: z.string().optional(),
  at: z.string().optional(),
})
export type Check = z.infer<typeof checkSchema>

export const windowSchema = z.object({
  /** ISO 8601, UTC. */
  opensAt: z.string(),
  closesAt: z.string(),
})
export type MaintenanceWindow = z.infer<typeof windowSchema>

/** A time in which nothing is applied. */
export const freezeSchema = z.object({
  /** ISO 8601, UTC; it ends at `until`. */
  from: z.string(),
  until: z.string(),
  reason: z.string().trim().min(1).max(LIMITS.name),
})
export type Freeze = z.infer<typeof freezeSchema>

/** Input of `productionMigration`: everything resolved by `start`, no secrets. */
export const migrationRequestSchema = z.object({
  target: targetSchema,
  /** All files of the migrations folder, in apply order. */
  files: z.array(z.object({ name: z.string(), sha256: z.string().length(64) })),
  bundle: bundleSchema,
  requester: z.string().trim().min(1).max(LIMITS.name),
  /** `--yes`: the requester approves every gate where the policy lets them decide alone. */
  preApproved: z.boolean().default(false),
  /** An agent started it for the requester: nothing is approved in advance, and no gate opens by itself. */
  proposedBy: proposerSchema.optional(),
  policy: policySchema,
  people: z.array(personSchema).default([]),
  window: windowSchema.optional(),
  /** Absent: none. */
  freezes: z.array(freezeSchema).max(LIMITS.freezes).optional(),
  channels: z.array(channelSchema),
  contacts: z.array(contactSchema).default([]),
  /** IANA zone of the times in messages. */
  timeZone: z.string().default('UTC'),
  monitoring: monitoringPlanSchema,
  /** What `start` found where the checkout is: the project's own tests, git state, attestations. */
  evidence: z.array(checkSchema).default([]),
  /** What the running application asks: the rehearsal proves that it still can. */
  queries: z.array(z.object({ name: z.string(), sql: z.string() })).optional(),
  /** Records files that the database holds already instead of migrating; `through`: the last one that is asked about. */
  adopt: z.object({ through: z.string().optional() }).optional(),
  /**
   * Goes on from what a run left that Temporal no longer knows, instead of migrating; `archive`: the name of the backup of before, where it
   * is not the newest that fits.
   */
  lostRun: z.object({ archive: z.string().optional() }).optional(),
  /** SHA-256 by file name of `migrations/checksums.json`, where the project has one. */
  checksums: z.record(z.string(), z.string()).optional(),
  /** Variables that the project lets channels and probes name: said so that what the charter has otherwise is told, and never believed. */
  variables: z.array(z.string()).optional(),
  /** `.sql` files below the migrations folder that Wrangler passes over. */
  overlooked: z.array(z.string()).optional(),
  /** Valid backups to keep of this environment. */
  keepBackups: z.number().int().min(1).default(14),
  /** Maximum age of the "recent backup" of the checklist. Milliseconds. */
  recentBackupMs: z.number().int().positive().default(86_400_000),
  /** Pause between the updates while work goes on. Milliseconds. */
  updateEveryMs: z.number().int().positive().default(900_000),
  /** Environment in which the same bytes must have been migrated before. */
  stagingEnvironment: z.string().optional(),
  dashboardUrl: z.url().optional(),
})
export type MigrationRequest = z.infer<typeof migrationRequestSchema>

export const MIGRATION_STATES = [
  'pending',
  'applied',
  'absent',
  'partial',
  'unknown',
  'not-executed',
  'taken-back',
] as const

/** The way back that undid a migration: the file in the ledger, the bookmark, or the archive. */
export const takenBackBySchema = z.discriminatedUnion('strategy', [
  z.object({ strategy: z.literal('reverse-migration'), file: z.string() }),
  z.object({ strategy: z.literal('time-travel'), bookmark: z.string() }),
  z.object({ strategy: z.literal('restore-backup'), archive: z.string() }),
])
export type TakenBackBy = z.infer<typeof takenBackBySchema>

/**
 * What this run did to a migration. `applied`, `absent` and `partial` were read back from the database; `unknown` was begun,
 * and what it did could not be read, or is none of the three; `not-executed` was never tried; `taken-back` was applied, and a
 * way back that was proven has undone it.
 */
export const migrationResultSchema = z.object({
  name: z.string(),
  sha256: z.string(),
  state: z.enum(MIGRATION_STATES),
  durationMs: z.number().nonnegative().nullable(),
  error: z.string().optional(),
  takenBackBy: takenBackBySchema.optional(),
  /** Applied by a run that Temporal lost: this one found it so, and ran nothing. */
  byLostRun: z.literal(true).optional(),
  /** When this run began to apply it, and when that ended, well or not. ISO 8601, UTC; absent in runs of earlier versions. */
  begunAt: z.string().optional(),
  endedAt: z.string().optional(),
})
export type MigrationResult = z.infer<typeof migrationResultSchema>

export const GATE_STATES = ['waiting', 'open', 'approved', 'rejected', 'expired', 'skipped'] as const

export const recordedDecisionSchema = z.object({
  actor: z.string(),
  decision: z.enum(['approve', 'reject']),
  at: z.string(),
  comment: z.string().optional(),
  planHash: z.string().optional(),
  decisionId: z.string(),
  /** At the gate `rollback`. */
  strategy: rollbackStrategySchema.optional(),
  /** What stood behind it; absent in runs of earlier versions. */
  by: provenanceSchema.optional(),
  /** Given at the start (`--yes`), before anybody could look at what the gate shows. */
  inAdvance: z.literal(true).optional(),
  /** Fingerprint of the SSH key or passkey whose signature was verified. */
  signedWith: z.string().optional(),
  /** Somebody was there: it is a hardware key, which was touched, or a passkey, which knew its owner. */
  touched: z.literal(true).optional(),
  /** The signature itself: a worker verifies it again before it acts. */
  signature: z.string().optional(),
  /** Of a passkey, in the place of a signature, with what it was shown. */
  assertion: assertionSchema.optional(),
  shown: z.string().optional(),
  /** The Slack user who pressed the button. */
  slackUser: z.string().optional(),
})
export type RecordedDecision = z.infer<typeof recordedDecisionSchema>

/** Who may approve an open gate now. */
export const gateWhoSchema = z.object({
  /** Decisions count only with the signature of a hardware key or a passkey. */
  presence: z.literal(true).optional(),
  /** Of which they must hold one; empty: anybody. */
  roles: z.array(z.string()),
  approvals: z.number().int(),
  /** Approvals that are still needed. */
  missing: z.number().int(),
  /** Those of the configured people who hold such a role. `excluded`: why this one may not approve it. */
  people: z.array(
    z.object({
      name: z.string(),
      roles: z.array(z.string()),
      contact: z.string().optional(),
      excluded: z
        .enum(['requester', 'same-person', 'approved-elsewhere', 'would-block', 'no-key', 'no-hardware-key'])
        .optional(),
    }),
  ),
})
export type GateWho = z.infer<typeof gateWhoSchema>

export const gateViewSchema = z.object({
  gate: z.enum(GATES),
  state: z.enum(GATE_STATES),
  decisions: z.array(recordedDecisionSchema),
  /** Decisions of an earlier opening, which this one does not count. */
  earlier: z.array(recordedDecisionSchema).optional(),
  openedAt: z.string().optional(),
  expiresAt: z.string().optional(),
  /** What is being confirmed, as lines for people. */
  shows: z.array(wordsSchema),
  /** At the gate `plan` of a migration: the same as a value. Absent in runs that began before it was kept. */
  plan: planViewSchema.optional(),
  /** While it is open; absent in runs that began before it was kept. */
  who: gateWhoSchema.optional(),
  /** Whom its escalation has reached, in all its openings. */
  escalated: z
    .array(z.object({ at: z.string(), to: z.array(z.string()), channels: z.array(z.string()) }))
    .optional(),
})
export type GateView = z.infer<typeof gateViewSchema>

/** A decision that did not count, and why: part of the audit trail. */
export const refusedDecisionSchema = z.object({
  gate: z.string(),
  actor: z.string(),
  decision: z.string(),
  at: z.string(),
  reason: z.string(),
  /** The run has people, and none of them has that name. */
  nobody: z.literal(true).optional(),
})
export type RefusedDecision = z.infer<typeof refusedDecisionSchema>

/** Somebody held, stopped or alarmed the run, beside the decisions at its gates: part of the audit trail. */
export const interventionSchema = z.object({
  command: z.enum(STEERING),
  actor: z.string(),
  at: z.string(),
  /** Why; of an issue, its severity and what was seen. */
  reason: z.string().optional(),
  commandId: z.string().optional(),
  /** Fingerprint of the SSH key whose signature was verified. */
  signedWith: z.string().optional(),
  unsigned: z.literal(true).optional(),
})
export type Intervention = z.infer<typeof interventionSchema>

/** One step of the runbook, with how long it took. `stopped`: people, a window or a way back ended it, and nothing in it failed. */
export const stepViewSchema = z.object({
  step: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'stopped', 'skipped']),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  /** Of the time in between, what people took to decide at its gates. Milliseconds. */
  waitedMs: z.number().nonnegative().optional(),
  /** Of the time in between, what another step took within it: a rollback within the monitoring. Milliseconds. */
  withinMs: z.number().nonnegative().optional(),
  /** Another step runs within it since then: what goes on is counted there. */
  withinSince: z.string().optional(),
  detail: z.string().optional(),
})
export type StepView = z.infer<typeof stepViewSchema>

/** A command that an activity ran, for the audit trail: no secrets, no output. */
export const commandRecordSchema = z.object({
  /** As it could be typed. */
  command: z.string(),
  at: z.string(),
  durationMs: z.number().nonnegative(),
  /** What was read back or came of it; exit codes alone prove nothing. */
  result: z.string(),
})
export type CommandRecord = z.infer<typeof commandRecordSchema>

/** What the database itself says, as it was read last: what a run did is another question. */
export const ledgerReadSchema = z.object({
  /** ISO 8601, UTC. */
  readAt: z.string(),
  /** Names in the ledger, in its order. */
  applied: z.array(z.string()),
  /** Files of the request that the ledger does not hold. */
  pending: z.array(z.string()),
  schemaFingerprint: z.string(),
  /** The fingerprint held against the plan's. */
  schema: z.enum(['as-before', 'as-planned', 'other']),
})
export type LedgerRead = z.infer<typeof ledgerReadSchema>

/** A try of a way back that met an error. */
export const rollbackTrySchema = z.object({
  strategy: rollbackStrategySchema,
  /** Counts the tries of one decision, from 1. */
  number: z.number().int().positive(),
  /** When it failed. ISO 8601, UTC. */
  at: z.string(),
  error: z.string(),
  /** What it did, as far as it is known: `none` was read back, or nothing had been begun. */
  effect: z.enum(['none', 'unknown']),
})
export type RollbackTry = z.infer<typeof rollbackTrySchema>

/** What the database held before it was taken back: at least one of bookmark and file. */
const savedStateSchema = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  /** Time Travel to it undoes the way back. */
  bookmark: z.string().optional(),
  /** Archive, or for a local database the file itself; on the worker. */
  file: z.string().optional(),
  /** When the file was begun, where that was not at `at`: what was written in between is in the later of the two. ISO 8601, UTC. */
  fileAt: z.string().optional(),
})
export type SavedState = z.infer<typeof savedStateSchema>

/** `earlier`: of before the tries that came before, the first one first. */
export const safetyCopySchema = savedStateSchema.extend({ earlier: z.array(savedStateSchema).optional() })
export type SafetyCopy = z.infer<typeof safetyCopySchema>

/**
 * Work that the run gave to the workers of one disk, where its archive lies, and that none of them has taken: as the server says it, at the
 * moment when it was asked.
 */
export const awaitedDiskSchema = z.object({
  disk: z.string(),
  /** When it was given to them, and until when one of them may take it. ISO 8601, UTC; `until` absent: without end. */
  since: z.string(),
  until: z.string().optional(),
  /** From `since` to the moment of asking. Milliseconds. */
  waitedMs: z.number().nonnegative(),
})
export type AwaitedDisk = z.infer<typeof awaitedDiskSchema>

/** The state of a run: answer of the query `status`, result of the workflow, `show --json`. */
export const runViewSchema = z.object({
  success: z.boolean(),
  workflowId: z.string(),
  runId: z.string(),
  /** Somebody reset it, by Temporal's own command: the ID of the run that it began as. */
  resetFrom: z.string().optional(),
  environment: z.string(),
  database: databaseSchema,
  /** What `--database` must say to mean it, where the environment has several; absent in runs that began before it was kept. */
  databaseOption: z.string().optional(),
  accountId: z.string().optional(),
  requester: z.string(),
  /** An agent started it for the requester. */
  proposedBy: proposerSchema.optional(),
  /** IANA zone of times for people; absent in runs that began before it was kept: UTC. */
  timeZone: z.string().optional(),
  /** The charter that the run is held to, and what of its request that overruled; absent before it is admitted, and in earlier versions. */
  admission: admissionSchema.optional(),
  phase: z.enum(PHASES),
  outcome: z.enum(OUTCOMES).nullable(),
  /** Why it ended as it did, or what it waits for. One sentence. */
  message: z.string(),
  paused: z.boolean(),
  /** Only signed decisions count. */
  requireSignatures: z.boolean().optional(),
  /** The monitoring is not in real time: what was planned, in milliseconds, lasts a `timeScale`th. Absent in real time, and in earlier versions. */
  compressed: z.object({ plannedMs: z.number(), timeScale: z.number() }).optional(),
  planHash: z.string().nullable(),
  migrations: z.array(migrationResultSchema),
  /** Of an adoption: files whose ledger rows this run wrote, and those that are not proven to be there. */
  adopted: z.array(z.string()).optional(),
  notProven: z.array(z.object({ name: z.string(), why: z.string() })).optional(),
  /** Read back after something went wrong; absent where this run had no reason to read it again. */
  ledger: ledgerReadSchema.optional(),
  /** The way back that was taken: why, what it cost as it was known, and the bookmark that undoes a Time Travel. */
  rollback: z
    .object({
      strategy: rollbackStrategySchema,
      issue: z.string(),
      price: z.array(z.string()),
      /** The price as numbers: of the reverse migration, or of what Time Travel and a restore lost. */
      cost: rollbackCostSchema.optional(),
      /** When the price of the reverse migration was counted. Absent: not on the database itself, or by an earlier version. ISO 8601, UTC. */
      countedAt: z.string().optional(),
      writtenSince: sinceSchema.optional(),
      undo: z.string().optional(),
      /** Afterwards: how the database differs from the archive of before the migration. Absent in what older runs kept. */
      compared: sinceSchema.optional(),
      /** Afterwards: one look as at a checkpoint, whether what was wrong is gone. Absent in what older runs kept. */
      look: checkpointSchema.pick({ at: true, verdict: true, reasons: true }).optional(),
    })
    .optional(),
  /** The ways back as they were last shown to whoever decides; absent before anybody was asked. */
  rollbackOptions: z.array(rollbackOptionSchema).optional(),
  /** Tries of ways back that failed, oldest first. */
  rollbackTries: z.array(rollbackTrySchema).optional(),
  safetyCopy: safetyCopySchema.optional(),
  gates: z.array(gateViewSchema),
  refused: z.array(refusedDecisionSchema),
  /** How many more were refused than the list had room for. */
  refusedBeyond: z.number().int().optional(),
  interventions: z.array(interventionSchema).optional(),
  steps: z.array(stepViewSchema),
  /** Waits before the apply, oldest first, that were no work: `for` a window or the end of a freeze, in words. Times ISO 8601, UTC. */
  waits: z.array(z.object({ for: z.string(), since: z.string(), until: z.string().optional() })).optional(),
  checks: z.array(checkSchema),
  backup: backupRecordSchema.nullable(),
  /** Added by who reads the run; no workflow can know it. */
  awaitedDisk: awaitedDiskSchema.optional(),
  monitoring: monitoringViewSchema.nullable(),
  announcements: z.array(announcementSchema),
  /** `unsigned`: only signed decisions count, and nobody proved to be the actor. */
  observations: z.array(
    z.object({ note: z.string(), actor: z.string(), at: z.string(), unsigned: z.literal(true).optional() }),
  ),
  /** How many more came than the lists had room for. */
  observationsBeyond: z.number().int().optional(),
  issuesBeyond: z.number().int().optional(),
  issues: z.array(
    z.object({
      ...{ severity: z.string(), description: z.string(), actor: z.string(), at: z.string() },
      unsigned: z.literal(true).optional(),
    }),
  ),
  /** Folder of the run on the worker: report, failure files. */
  artifacts: z.array(z.string()),
  commands: z.array(commandRecordSchema).optional(),
  failure: z.object({ type: z.string(), message: z.string(), advice: wordsSchema }).nullable(),
  startedAt: z.string(),
  closedAt: z.string().optional(),
})
export type RunView = z.infer<typeof runViewSchema>
