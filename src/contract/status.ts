import { z } from 'zod'
import { ledgerEntrySchema } from './backup.js'
import { databaseSchema } from './target.js'
import { wordsSchema } from './words.js'

/** A disagreement between the migration files and the ledger, as `validate` and `plan` tell it too. */
export const conflictSchema = z.object({
  code: z.string(),
  migration: z.string(),
  message: z.string(),
  /** An error that the file does not accept: the plan is blocked by it. Absent in what workers up to 1.x recorded. */
  blocking: z.boolean().optional(),
})
export type Conflict = z.infer<typeof conflictSchema>

/** Ledger against files, read from the database. `d1-runbook status --json` prints this plus `success`. */
export const statusSchema = z.object({
  environment: z.string(),
  database: databaseSchema,
  applied: z.array(ledgerEntrySchema),
  pending: z.array(z.object({ name: z.string(), sha256: z.string() })),
  conflicts: z.array(conflictSchema),
  /** The first pending file would make what the database has already: it was made without its ledger. */
  alreadyThere: z
    .object({
      migration: z.string(),
      objects: z.array(z.object({ type: z.string(), name: z.string() })),
      advice: wordsSchema,
    })
    .optional(),
  schemaFingerprint: z.string(),
  timestamp: z.string(),
})
export type Status = z.infer<typeof statusSchema>
