import { z } from 'zod'
import { GATES } from './names.js'
import { planBoundSchema } from './plan.js'
import { backupRecordSchema } from './backup.js'
import { bundleSchema, recordedDecisionSchema } from './run.js'

/** What is to be done to a database: the plan's files, their rows in the ledger alone, or one of the ways back. */
export const ACTS = ['apply', 'adopt', 'reverse-migration', 'time-travel', 'restore-backup'] as const
export type Act = (typeof ACTS)[number]

/**
 * The decisions that people took for a plan, with their signatures, and what that plan binds: enough for a worker to see by itself that
 * what it is about to run was approved.
 */
export const permissionSchema = z.object({
  act: z.enum(ACTS),
  bound: planBoundSchema,
  gates: z.array(z.object({ gate: z.enum(GATES), decisions: z.array(recordedDecisionSchema) })),
  /**
   * Of a reverse migration that is not the plan's own, because only a part of the files was applied: what it follows from. The worker
   * writes it again and compares.
   */
  derivedFrom: z
    .object({
      files: z.array(z.object({ name: z.string(), sha256: z.string() })),
      bundle: bundleSchema,
      backup: backupRecordSchema,
      applied: z.array(z.string()),
    })
    .optional(),
})
export type Permission = z.infer<typeof permissionSchema>
