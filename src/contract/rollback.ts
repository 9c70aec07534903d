import { z } from 'zod'
import { rollbackStrategySchema } from './policy.js'
import { priceSchema } from './price.js'
import { nextCommandSchema } from './words.js'

/** What a way back costs, as values; their words are in `text/rollback-cost.ts`. */

const count = z.number().int().nonnegative()

/** Of one table, under its name before the migration. Null: not counted. */
export const tableCostSchema = z.object({
  table: z.string(),
  /** Rows that are gone afterwards: of before, or written since into what the way back drops. */
  rowsLost: count.nullable(),
  /** Rows that the migration made, and that stay. */
  rowsLeft: count,
  /** Values that are others afterwards than before, or gone, by column. */
  valuesLost: count.nullable(),
  columns: z.array(z.object({ column: z.string(), values: count })),
})
export type TableCost = z.infer<typeof tableCostSchema>

/**
 * What a reverse migration costs of the database as it is now beside what it costs of the archive: rows of before that it does not give
 * back, since their key or what must be unique was written again; rows given back that refer to a row of `parent` written since; values of
 * before not given back; NULLs that become another value; values that come out as others; rows that the archive does not hold, which
 * get no value for a column that comes back; a table whose rows have no key to be found again by.
 */
export const LOSSES_NOW = [
  'row-not-back',
  'hanging',
  'value-not-back',
  'filled',
  'changed',
  'no-value',
  'stays',
  'not-compared',
] as const
export const lossNowSchema = z.object({
  kind: z.enum(LOSSES_NOW),
  table: z.string(),
  column: z.string().optional(),
  parent: z.string().optional(),
  /** Null: not known. */
  rows: count.nullable(),
  /** SQL literals: the first columns of a few rows; for `filled` what the NULLs become. */
  samples: z.array(z.string()),
})
export type LossNow = z.infer<typeof lossNowSchema>

/**
 * What rows written behind the migration can do to its reverse. `deleted`: rows come back while nothing written since has their key, or what `text` names;
 * `unique`, `check`, `foreign-key`: it stops at rows that the tables of before refuse; `null`: NULLs become `text`; `type`: values are fitted to
 * the type `text`; `no-value`: rows that the backup does not hold get no value;
 * `update`: what the migration changed in rows written between the backup and it stays changed; `dropped`: a table comes back without the rows written to it
 * behind the backup, of which `text` names the tables that the others went to, where they did.
 */
export const reverseConditionSchema = z.object({
  kind: z.enum([
    'deleted',
    'unique',
    'check',
    'foreign-key',
    'null',
    'type',
    'no-value',
    'update',
    'dropped',
  ]),
  table: z.string(),
  columns: z.array(z.string()),
  text: z.string().optional(),
})
export type ReverseCondition = z.infer<typeof reverseConditionSchema>

/** Sums over the tables, of which those without a cost are left out. Null: one of them is not known. */
export const rollbackCostSchema = z.object({
  rowsLost: count.nullable(),
  valuesLost: count.nullable(),
  tables: z.array(tableCostSchema),
  /** Of the database as it is now, where it was rehearsed on that; part of the sums. */
  now: z.array(lossNowSchema).optional(),
})
export type RollbackCost = z.infer<typeof rollbackCostSchema>

/**
 * How the database of now was held against what the files make of the archive: row by row with a copy of now; by sums over every value,
 * which tell that a table differs; by row counts; or by its schema alone.
 */
export const SINCE_BY = ['rows', 'sums', 'counts', 'schema'] as const

/** A table that is otherwise than the files leave it. Null: not known. */
export const writtenTableSchema = z.object({
  table: z.string(),
  added: count.nullable(),
  changed: count.nullable(),
  gone: count.nullable(),
  /** How many rows it has more, or with a minus fewer. */
  difference: z.number().int().nullable(),
  /** The files write the time or chance into it, so which rows others wrote cannot be told. */
  uncertain: z.literal(true).optional(),
  /** Its columns are others, so its values were not compared. */
  otherColumns: z.literal(true).optional(),
})
export type WrittenTable = z.infer<typeof writtenTableSchema>

/** An object that is otherwise than the files leave it. */
export const madeObjectSchema = z.object({
  change: z.enum(['added', 'removed', 'changed']),
  type: z.enum(['table', 'index', 'trigger', 'view']),
  name: z.string(),
  /** The table of an index or trigger. */
  table: z.string().optional(),
})
export type MadeObject = z.infer<typeof madeObjectSchema>

/** What others wrote since the archive and its bookmark: what going back to either loses. */
export const writtenSinceSchema = z.object({
  /** The moment of the archive, and the moment for which this is true. ISO 8601, UTC. */
  since: z.string(),
  asOf: z.string(),
  by: z.enum(SINCE_BY),
  tables: z.array(writtenTableSchema),
  objects: z.array(madeObjectSchema),
  /** Tables that were written to while the archive was made: how much of that it holds is not known. */
  moved: z.array(z.string()).optional(),
})
export type WrittenSince = z.infer<typeof writtenSinceSchema>

/** What was not counted, and why: one sentence without a full stop. */
export const notCountedSchema = z.object({ unknown: z.string() })

export const sinceSchema = z.union([writtenSinceSchema, notCountedSchema])
export type Since = z.infer<typeof sinceSchema>

/** One way back, with what it costs: shown before anybody chooses. */
export const rollbackOptionSchema = z.object({
  strategy: rollbackStrategySchema.exclude(['none']),
  title: z.string(),
  available: z.boolean(),
  /** What is lost, one phrase each; never empty. For an unavailable way: why it is not there. */
  price: z.array(z.string()),
  /** Of the reverse migration. */
  cost: rollbackCostSchema.optional(),
  /** When that was counted on the database: what was written since is in neither price nor cost. Absent: it was not. ISO 8601, UTC. */
  countedAt: z.string().optional(),
  /** Of the ways that return the whole database to a moment. */
  writtenSince: sinceSchema.optional(),
  /** What the act itself costs at Cloudflare: of the restore of a remote database. */
  act: priceSchema.optional(),
  /** What to type to choose it. */
  command: nextCommandSchema,
})
export type RollbackOption = z.infer<typeof rollbackOptionSchema>
