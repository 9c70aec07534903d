import { z } from 'zod'
import { findingSchema, VERDICTS } from './finding.js'
import { rowChangeSchema, schemaChangeSchema } from './plan.js'

/** Of a text of several rows, those that are shown, and how many are not. */
const shownRows = { left: z.number().int().nonnegative() }

/**
 * A plan as people see it, made once (`planView`) from what the rehearsal read and the baseline measured. Each surface renders this
 * value: `plan`, the gate's prompt, `show`, `watch`, messages, the Temporal UI, the report.
 */
export const planViewSchema = z.object({
  planHash: z.string(),
  verdict: z.enum(VERDICTS),
  files: z.array(
    z.object({
      name: z.string(),
      statements: z.number().int().nonnegative(),
      /** On the copy, milliseconds. Null: it did not run to its end (`stopped`), or not at all. */
      durationMs: z.number().nonnegative().nullable(),
      stopped: z.boolean(),
      /** Statements that are worth a row of their own; 1-based lines. */
      costly: z.array(
        z.object({ line: z.number(), rowsRead: z.number(), rowsWritten: z.number(), ms: z.number() }),
      ),
      /** Rows of the file itself; absent where the plan does not carry its text. */
      sql: z.object({ rows: z.array(z.string()), ...shownRows }).optional(),
    }),
  ),
  /** Absent: the plan carries no list of them. */
  schema: z
    .array(
      schemaChangeSchema.pick({ change: true, type: true, name: true, renamedFrom: true }).extend({
        rows: z.array(z.object({ mark: z.enum(['same', 'removed', 'added']), sql: z.string() })),
        ...shownRows,
      }),
    )
    .optional(),
  /** Tables that gain or lose rows or have another name, and the number of the others. */
  rows: z.array(rowChangeSchema),
  sameRows: z.number().int().nonnegative(),
  findings: z.array(
    findingSchema.pick({
      code: true,
      severity: true,
      migration: true,
      line: true,
      message: true,
      accepted: true,
    }),
  ),
  /** What became of the application's queries, a sentence each. */
  queries: z.array(z.string()),
  /** Absent where nothing is pending. */
  wayBack: z
    .object({
      available: z.boolean(),
      rehearsed: z.boolean(),
      /** What it costs, or why there is none, a sentence each; never empty where there is one. */
      price: z.array(z.string()),
      /** What is to be known of reverse files in the folder. */
      notes: z.array(z.string()),
      /** Whoever approves the plan answers for having read this. */
      answered: z.literal(true).optional(),
    })
    .optional(),
  /** What monitoring compares with, a sentence a probe. Absent: none is taken yet. */
  baseline: z.array(z.string()).optional(),
})
export type PlanView = z.infer<typeof planViewSchema>
