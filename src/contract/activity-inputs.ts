import { z } from 'zod'
import type { RunbookActivities } from './activities.js'
import { announcementPlaceSchema, announcementSchema, channelSchema, slackTsSchema } from './announcement.js'
import { askSchema } from './ask.js'
import { backupRecordSchema } from './backup.js'
import { LIMITS } from './limits.js'
import { noMigrationName, whyNoMigrationName, whyNoMigrationNames } from './migration-name.js'
import {
  baselineSchema,
  monitoringPlanSchema,
  probeResultSchema,
  probeSchema,
  thresholdsSchema,
} from './monitoring.js'
import { DISK_NAME } from './names.js'
import { permissionSchema } from './permission.js'
import { plannedMigrationSchema, planSchema, rowChangeSchema } from './plan.js'
import { proposerSchema } from './provenance.js'
import { recordedRun } from './recorded.js'
import { bundleSchema, checkSchema, runViewSchema, type RunView } from './run.js'
import { statusSchema } from './status.js'
import { targetSchema } from './target.js'

/**
 * What each activity takes. The types of `activities.ts` are what our workflows send; anybody with the namespace can schedule an
 * activity with something else, so the worker reads its input as it reads a file.
 */
const oneLine = z
  .string()
  .max(LIMITS.proof)
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u)
const migrationName = z.string().superRefine((name, context) => {
  const message = whyNoMigrationName(name)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256')
const migrationRef = z.object({ name: migrationName, sha256 })
const files = z.array(migrationRef).superRefine((all, context) => {
  const found = whyNoMigrationNames(all.map(({ name }) => name))
  if (found !== undefined) context.addIssue({ code: 'custom', message: noMigrationName(found) })
})
const bundle = z.union([bundleSchema.options[0], bundleSchema.options[1].extend({ sha256 })])
const plannedMigration = plannedMigrationSchema.extend({ name: migrationName, sha256 })
const checksums = z.record(z.string(), z.string())
const target = targetSchema
const runKey = z.string()
const permission = permissionSchema

/** Its shapes of earlier versions are read first, as everywhere. */
const view = z
  .unknown()
  .transform((value, context): unknown => {
    try {
      return recordedRun(value as RunView)
    } catch {
      context.addIssue({ code: 'custom', message: 'no state of a run' })
      return z.NEVER
    }
  })
  .pipe(z.unknown().pipe(runViewSchema))

const ACTIVITY_INPUTS = {
  /** `bundle`: absent from workflows of earlier versions. */
  admit: z.object({ request: z.unknown(), bundle: bundle.optional() }),
  checkPrerequisites: z.object({
    target,
    dashboardUrl: z.string().optional(),
    channels: z.array(channelSchema),
    probes: z.array(probeSchema).optional(),
  }),
  readStatus: z.object({ target, files }),
  checkConnectivity: z.object({ target }),
  readBookmark: z.object({ target }),
  validateMigration: z.object({ target, plan: planSchema, probes: z.array(probeSchema) }),
  runCheckpoint: z.object({
    target,
    probes: z.array(probeSchema),
    thresholds: thresholdsSchema,
    baseline: baselineSchema,
    expected: z.object({ schemaFingerprint: z.string(), ledger: z.array(z.string()) }),
    number: z.number().int(),
    plannedAt: z.string(),
    late: z.boolean(),
    history: z.array(z.object({ results: z.array(probeResultSchema) })).optional(),
    since: z.iso.datetime().optional(),
    sampling: z
      .object({ samples: z.number().int().min(1).max(100), pauseMs: z.number().min(0).max(60_000) })
      .optional(),
    disk: z.string().regex(DISK_NAME).optional(),
  }),
  runChecklist: z.object({
    target,
    files,
    bundle,
    evidence: z.array(checkSchema),
    checksums: checksums.optional(),
    recentBackupMs: z.number(),
    stagingEnvironment: z.string().optional(),
  }),
  createBackup: z.object({
    target,
    files,
    keep: z.number().int().min(1),
    held: z.object({ by: runKey, files: z.array(z.string()) }).optional(),
    urgent: z.boolean().optional(),
  }),
  rehearse: z.object({
    target,
    files,
    bundle,
    backup: backupRecordSchema,
    status: statusSchema,
    queries: z.array(z.object({ name: z.string(), sql: z.string() })).optional(),
    checksums: checksums.optional(),
    overlooked: z.array(z.string()).optional(),
    requester: z.string().optional(),
    proposedBy: proposerSchema.optional(),
  }),
  takeBaseline: z.object({ target, monitoring: monitoringPlanSchema }),
  keepNeeds: z.object({ target, runKey, archives: z.array(z.string()), bundle }),
  checkArchive: z.object({ target, backup: z.object({ file: z.string(), sha256 }) }),
  sealArchives: z.object({ target, runKey, wentOnFrom: runKey.optional() }),
  proveAdoption: z.object({
    target,
    files,
    bundle,
    backup: backupRecordSchema,
    requester: z.string().trim().min(1),
    proposedBy: proposerSchema.optional(),
    through: migrationName.optional(),
  }),
  findLostRun: z.object({
    runKey,
    target,
    files,
    bundle,
    requester: z.string().trim().min(1),
    proposedBy: proposerSchema.optional(),
    archive: z.string().optional(),
  }),
  recordAdoption: z.object({
    target,
    names: z.array(migrationName).min(1),
    ledgerBefore: z.array(z.string()),
    schemaFingerprint: z.string(),
    runKey,
    permission: permission.optional(),
  }),
  prepareReverse: z.object({
    runKey,
    target,
    files,
    bundle,
    backup: backupRecordSchema,
    ledgerBefore: z.array(z.string()),
    applied: z.array(migrationName),
    at: z.iso.datetime(),
    current: backupRecordSchema.optional(),
    planned: z.array(rowChangeSchema).optional(),
    timeZone: z.string().optional(),
    ownOnly: z.literal(true).optional(),
  }),
  reverseOfPlan: z.object({
    runKey,
    target,
    files,
    ledger: z.array(z.string()),
    at: z.iso.datetime(),
    plan: planSchema.pick({ rollback: true, schemaFingerprint: true, predictedFingerprint: true }),
    noArchive: z.string(),
  }),
  countWrittenSince: z.object({
    runKey,
    target,
    files,
    bundle,
    backup: backupRecordSchema,
    applied: z.array(migrationName),
  }),
  compareAfterRollback: z.object({ runKey, target, backup: backupRecordSchema }),
  travelBack: z.object({
    target,
    bookmark: bookmark(),
    departure: bookmark().optional(),
    expectedFingerprint: z.string(),
    permission: permission.optional(),
  }),
  restoreFromBackup: z.object({
    target,
    backup: backupRecordSchema,
    runKey,
    permission: permission.optional(),
  }),
  applyMigration: z.object({
    target,
    bundle,
    migration: plannedMigration,
    ledgerBefore: z.array(z.string()),
    runKey,
    act: z.literal('reverse-migration').optional(),
    permission: permission.optional(),
    rehearsedOn: z.object({ file: z.string(), sha256 }).optional(),
  }),
  announce: z.object({
    runKey,
    target,
    channels: z.array(channelSchema),
    // Both are written as they are, into a line of a file and a header.
    message: announcementSchema.omit({ deliveries: true }).extend({ at: oneLine, dedupeId: oneLine }),
    places: z.array(announcementPlaceSchema).optional(),
    asks: askSchema.optional(),
    asked: z.array(z.object({ channel: z.string(), ts: slackTsSchema })).optional(),
    only: z.array(z.string()).optional(),
  }),
  writeReport: z.object({
    runKey,
    target,
    view,
    plan: planSchema.nullable(),
    baseline: baselineSchema.nullable(),
    thresholds: thresholdsSchema.optional(),
    timeZone: z.string().optional(),
    wentOnFrom: runKey.optional(),
  }),
  updateDocuments: z.object({ target, view, timeZone: z.string(), adopted: files.optional() }),
  keepReverseMigration: z.object({ runKey, target, bundle, migration: migrationRef }),
  writeFailureFiles: z.object({ runKey, target, view, files }),
} satisfies Record<keyof RunbookActivities, z.ZodType>

/** Fields that our workflows send and that would be dropped here: `never`, as a test holds. */
export type DroppedField = {
  [Name in keyof RunbookActivities]: Exclude<
    keyof ActivityInput<Name>,
    keyof z.infer<(typeof ACTIVITY_INPUTS)[Name]>
  >
}[keyof RunbookActivities]

export type ActivityInput<Name extends keyof RunbookActivities> = Parameters<RunbookActivities[Name]>[0]

/** The input as the activity may rely on it, or why it takes none of it. */
export function readActivityInput<Name extends keyof RunbookActivities>(
  name: Name,
  value: unknown,
): { ok: true; input: ActivityInput<Name> } | { ok: false; why: string } {
  const { success, data, error } = ACTIVITY_INPUTS[name].safeParse(value)
  // Zod says of what may be absent that it may be undefined, which these types tell apart and JSON does not.
  if (success) return { ok: true, input: data }
  return { ok: false, why: z.prettifyError(error) }
}

/** It becomes a word of a command line, and must not be an option there. */
function bookmark(): z.ZodString {
  return z.string().regex(/^\w[\w-]{0,255}$/, 'a bookmark')
}
