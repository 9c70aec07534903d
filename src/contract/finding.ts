import { z } from 'zod'
import { wordsSchema } from './words.js'

export const SEVERITIES = ['error', 'warning', 'info'] as const
export const severitySchema = z.enum(SEVERITIES)
export type Severity = z.infer<typeof severitySchema>

/** SQL that puts a finding right, and where in the file it belongs. */
export const fixSchema = z.object({
  /** Whole statements, each with its `;`. */
  sql: z.string(),
  /**
   * Lines, 1-based and inclusive, in whose place the SQL is pasted. `toLine` one less than `fromLine`: nothing is replaced,
   * the SQL stands before `fromLine`; behind the last line, that is the end of the file.
   */
  replaces: z.object({
    file: z.string(),
    fromLine: z.number().int().positive(),
    toLine: z.number().int().nonnegative(),
  }),
})
export type Fix = z.infer<typeof fixSchema>

/** What the analysis found in a migration, in its history, or by rehearsing it. */
export const findingSchema = z.object({
  /** Such as DL101; the table of codes is in ARCHITECTURE.md and `d1-runbook validate --rules`. */
  code: z.string(),
  severity: severitySchema,
  /** File name, or `-` where no file is to blame. */
  migration: z.string(),
  /** 1-based line of the statement. */
  line: z.number().int().positive().optional(),
  table: z.string().optional(),
  column: z.string().optional(),
  message: z.string(),
  /** What to do, in words. */
  advice: wordsSchema,
  fix: fixSchema.optional(),
  /** A SELECT that finds the rows it is about, in the database as it is. */
  query: z.string().optional(),
  /** Rows or values that are lost, where it is about a loss. */
  count: z.number().int().nonnegative().optional(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  /** The reason given in the file by `-- d1-runbook: accept CODE object: reason`. */
  accepted: z.string().optional(),
})
export type Finding = z.infer<typeof findingSchema>

export const VERDICTS = ['ok', 'acknowledge', 'block'] as const
export type PlanVerdict = (typeof VERDICTS)[number]
