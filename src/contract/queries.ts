import { z } from 'zod'

/** From when to when Cloudflare's analytics were asked; ISO 8601, UTC. */
export const trafficWindowSchema = z.object({ from: z.string(), to: z.string() })
export type TrafficWindow = z.infer<typeof trafficWindowSchema>

/** What the analytics count of one text in the window. Sums over all its calls; durations in milliseconds. */
export const trafficFiguresSchema = z.object({
  /** Null where the source does not count them. */
  calls: z.number().nonnegative().nullable(),
  rowsRead: z.number().nonnegative(),
  rowsWritten: z.number().nonnegative(),
  durationMs: z.number().nonnegative(),
})
export type TrafficFigures = z.infer<typeof trafficFiguresSchema>

export interface QueryTraffic extends TrafficFigures {
  /** The first 16 digits of the SHA-256 of the text: by it the query is known again. */
  id: string
  /** As the application sent it, parameters unbound. Written by others. */
  sql: string
  /** It was asked in the last day of the window; null where that is not known. */
  recent: boolean | null
}

/** Where the texts come from: the GraphQL analytics, or the database's Query Insights. */
export const trafficSourceSchema = z.enum(['graphql', 'insights'])

/** What production was asked, or why that is not known. */
export type TrafficReading =
  | {
      state: 'read'
      source: z.infer<typeof trafficSourceSchema>
      window: TrafficWindow
      queries: QueryTraffic[]
      /** All calls of the database in the window; null where they are not counted. */
      calls: number | null
    }
  | { state: 'unknown'; window: TrafficWindow; because: string }

/**
 * - `breaks`: it no longer compiles; `refused`: with values that it wrote before; `answers-otherwise`: rows of before are missing
 * - `scans`: it searched a table and reads it through now, however few its rows are
 * - `not-tried`: not compared before and after; `because` says why
 */
export const queryOutcomeSchema = z.enum([
  'unchanged',
  'breaks',
  'refused',
  'answers-otherwise',
  'scans',
  'not-tried',
])
export type QueryOutcome = z.infer<typeof queryOutcomeSchema>

/** A query that the configuration names, as the copy answered it before and after the migration. */
export const configuredQuerySchema = z.object({
  name: z.string(),
  outcome: queryOutcomeSchema,
  because: z.string().optional(),
})
export type ConfiguredQuery = z.infer<typeof configuredQuerySchema>

/** A query of production's, as the copy answered it before and after the migration. */
export const knownQuerySchema = trafficFiguresSchema.extend({
  /** As of {@link QueryTraffic}. */
  id: z.string(),
  /** Its text on one line, shortened. */
  name: z.string(),
  /** Its text, cut where it is long. */
  sql: z.string(),
  recent: z.boolean().nullable(),
  outcome: queryOutcomeSchema,
  because: z.string().optional(),
  /** Indexes that it searched before. */
  indexes: z.array(z.string()),
  /** Rows that one call reads on the copy, as D1's engine counts and bills them; absent where it was not measured. */
  rowsPerCall: z.object({ before: z.number(), after: z.number() }).optional(),
})
export type KnownQuery = z.infer<typeof knownQuerySchema>

/** What the plan knows of the running application without being told. */
export const planQueriesSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('read'),
    source: trafficSourceSchema,
    window: trafficWindowSchema,
    calls: z.number().nullable(),
    /** Share of the calls that the known queries make, 0 to 1; null where calls are not counted. */
    covered: z.number().min(0).max(1).nullable(),
    /** Texts that were left out: our own, Wrangler's, of migrations, or no SELECT, INSERT, UPDATE or DELETE. */
    leftOut: z.number().int(),
    /** Most costly and most frequent first. */
    known: z.array(knownQuerySchema),
    /** Rows that 30 days of the known queries read, where the copy is as large as production. */
    rowsPerMonth: z.object({ before: z.number(), after: z.number() }).optional(),
  }),
  z.object({ state: z.literal('unknown'), window: trafficWindowSchema, because: z.string() }),
])
export type PlanQueries = z.infer<typeof planQueriesSchema>

/** What one query read per call before the migration, to hold its calls against afterwards. */
export const queryBaselineSchema = z.object({
  id: z.string(),
  name: z.string(),
  calls: z.number(),
  /** Rows. */
  rowsPerCall: z.number(),
  indexes: z.array(z.string()),
})
export type QueryBaseline = z.infer<typeof queryBaselineSchema>

/** A query that reads many times what it read before. Rows for each call. */
export const queryShiftSchema = z.object({
  name: z.string(),
  calls: z.number(),
  before: z.number(),
  after: z.number(),
  /** Indexes that it searched before and that the database has no more, by a look at its schema. */
  gone: z.array(z.string()),
})
export type QueryShift = z.infer<typeof queryShiftSchema>
