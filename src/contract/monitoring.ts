import { z } from 'zod'
import { CHECKPOINT_VERDICTS, CRITERIA } from './names.js'
import { queryBaselineSchema, queryShiftSchema } from './queries.js'

export const checkpointVerdictSchema = z.enum(CHECKPOINT_VERDICTS)
export type CheckpointVerdict = z.infer<typeof checkpointVerdictSchema>

const probeBase = {
  name: z.string().min(1),
  /** A breach of a critical probe alone breaches the checkpoint. */
  critical: z.boolean().default(false),
  timeoutMs: z.number().int().positive().default(10_000),
}

/** One thing that a checkpoint looks at. Secrets are named by environment variable, never held. */
export const probeSchema = z.discriminatedUnion('kind', [
  z.object({
    ...probeBase,
    kind: z.literal('http'),
    url: z.url(),
    expectStatus: z.number().int().default(200),
    /** Dotted path into the JSON answer and the value that it must have. */
    expectJson: z.object({ path: z.string(), equals: z.unknown() }).optional(),
    /** Headers; a value `env:NAME` is read from the worker's environment. */
    headers: z.record(z.string(), z.string()).optional(),
  }),
  z.object({ ...probeBase, kind: z.literal('connectivity') }),
  z.object({
    ...probeBase,
    kind: z.literal('sql'),
    sql: z.string().min(1),
    /** First column of the first row. */
    expect: z.union([z.string(), z.number(), z.null()]).optional(),
  }),
  z.object({ ...probeBase, kind: z.literal('stability') }),
  z.object({
    ...probeBase,
    kind: z.literal('backup'),
    maxAgeMs: z.number().int().positive().default(86_400_000),
  }),
  z.object({
    ...probeBase,
    kind: z.literal('prometheus'),
    url: z.url(),
    query: z.string(),
    measures: z.enum(['errorRate', 'latencyMs']),
    /** As of `http`. */
    headers: z.record(z.string(), z.string()).optional(),
  }),
  z.object({
    ...probeBase,
    kind: z.literal('json-metric'),
    url: z.url(),
    path: z.string(),
    measures: z.enum(['errorRate', 'latencyMs']),
    /** As of `http`. */
    headers: z.record(z.string(), z.string()).optional(),
  }),
  z.object({
    ...probeBase,
    kind: z.literal('cloudflare-analytics'),
    windowMs: z.number().int().positive().default(900_000),
    /** Worker whose errors count too. */
    script: z.string().optional(),
  }),
])
export type Probe = z.infer<typeof probeSchema>

/** What one probe saw. `ok: null` means that nothing could be known. */
export const probeResultSchema = z.object({
  probe: z.string(),
  kind: z.string(),
  critical: z.boolean(),
  ok: z.boolean().nullable(),
  latencyMs: z.number().nonnegative().optional(),
  /** Answers that `latencyMs` is the median of; absent: it is one answer's, or measures many by itself. */
  samples: z.number().int().positive().optional(),
  /** 0 to 1. */
  errorRate: z.number().min(0).max(1).optional(),
  /** What a failed check found, and what it should have found: a status, a value, an age in milliseconds. */
  measured: z.union([z.number(), z.string()]).optional(),
  limit: z.union([z.number(), z.string()]).optional(),
  /** Of the kind `queries`: those that read many times what they read before. */
  queries: z.array(queryShiftSchema).optional(),
  /** D1 was exporting or importing the database then, and answered nobody. */
  held: z.literal(true).optional(),
  message: z.string(),
})
export type ProbeResult = z.infer<typeof probeResultSchema>

/** How often one look asks, so that a single slow answer is not taken for the service. */
export interface Sampling {
  samples: number
  /** Between the beginnings of two answers. Milliseconds. */
  pauseMs: number
}

/** The same probes, before the migration. */
export const baselineSchema = z.object({
  takenAt: z.string(),
  /** Per probe name: latencies in milliseconds, and the share of failures, 0 to 1. */
  probes: z.record(
    z.string(),
    z.object({
      latenciesMs: z.array(z.number()),
      errorRate: z.number().min(0).max(1),
      samples: z.number().int(),
    }),
  ),
  /** What production's own queries read for each call, by its analytics; absent where they are not known. */
  queries: z.array(queryBaselineSchema).optional(),
})
export type Baseline = z.infer<typeof baselineSchema>

/** The runbook's "Consider Rollback When", as numbers. */
export const thresholdsSchema = z.object({
  /** Times the baseline's median. */
  responseTimeFactor: z.number().positive().default(2),
  /** Latencies below this are never a breach: twice nothing is still nothing. Milliseconds. */
  responseTimeFloorMs: z.number().nonnegative().default(250),
  /** Share, 0 to 1, above the baseline's. */
  errorRateIncrease: z.number().positive().default(0.05),
  consecutiveBreaches: z.number().int().min(1).default(2),
  /** Checkpoints in a row without data until people are told. */
  unknownsBeforeAlert: z.number().int().min(1).default(3),
})
export type Thresholds = z.infer<typeof thresholdsSchema>

/** Beyond it no clock has the time of a checkpoint, and what was applied would never be looked at. */
export const timeScaleSchema = z.number().min(0.001).max(1e9)

export const monitoringPlanSchema = z.object({
  probes: z.array(probeSchema),
  thresholds: thresholdsSchema,
  /** Milliseconds after the anchor, ascending; before `timeScale`. */
  offsetsMs: z.array(z.number().int().positive()),
  /** Real milliseconds = planned / timeScale. 1 is real time; what is not is told as a gap. */
  timeScale: timeScaleSchema.default(1),
  /** Baseline samples to take, and the pause between them. */
  baselineSamples: z.number().int().min(1).default(20),
  baselinePauseMs: z.number().int().nonnegative().default(250),
})
export type MonitoringPlan = z.infer<typeof monitoringPlanSchema>

/** Why a checkpoint is not healthy. Whatever decides compares the values; `text` is for people. */
export const reasonSchema = z.object({
  criterion: z.enum(CRITERIA),
  /** Name of the probe; null where it is about the whole checkpoint. */
  probe: z.string().nullable(),
  /** What this reason alone says: a checkpoint can be breached by one probe and have a milder reason beside it. */
  verdict: z.enum(['degraded', 'breached', 'unknown']),
  /** Milliseconds, a share from 0 to 1, or what a check found; null where nothing was measured. */
  measured: z.union([z.number(), z.string()]).nullable(),
  /** In the unit of `measured`. */
  limit: z.union([z.number(), z.string()]).nullable(),
  /** The sentence, with the probe's name. */
  text: z.string(),
})
export type Reason = z.infer<typeof reasonSchema>

export const checkpointSchema = z.object({
  /** 1-based. */
  number: z.number().int().positive(),
  /** ISO 8601, UTC. */
  plannedAt: z.string(),
  at: z.string(),
  /** It ran well after its time, because the worker was away. */
  late: z.boolean(),
  /** Asked for with `monitor check-now`, beside the schedule. */
  extra: z.boolean().optional(),
  /** Numbers of checkpoints that nobody was there to run, for which this one stands. */
  missed: z.array(z.number().int()).optional(),
  verdict: checkpointVerdictSchema,
  reasons: z.array(reasonSchema),
  /** Slowest critical health latency, for the charts. */
  latencyMs: z.number().nonnegative().optional(),
  errorRate: z.number().min(0).max(1).optional(),
  results: z.array(probeResultSchema),
})
export type Checkpoint = z.infer<typeof checkpointSchema>

/** State of the monitoring child. */
export const monitoringViewSchema = z.object({
  workflowId: z.string(),
  checkpoints: z.array(checkpointSchema),
  /** How many checkpoints got each verdict. */
  verdicts: z.record(checkpointVerdictSchema, z.number().int()),
  planned: z.number().int(),
  /** Of the looks that are counted, those beside the schedule: where the looks themselves are not here. */
  onDemand: z.number().int().nonnegative().optional(),
  /** Of the looks that are counted, those that ran well after their time: where the looks themselves are not here. */
  late: z.number().int().nonnegative().optional(),
  nextAt: z.string().optional(),
  /**
   * ISO 8601: the looks are not here, and these are their counts of then; what came after it is not known. So it is of a migration whose
   * monitoring runs, or ended without saying what it saw.
   */
  asOf: z.string().optional(),
})
export type MonitoringView = z.infer<typeof monitoringViewSchema>

export const monitoringAlertSchema = z.object({
  /** `continues`: a breach that was told goes on. */
  kind: z.enum(['breach', 'continues', 'blind', 'recovered']),
  checkpoint: checkpointSchema,
  message: z.string(),
  /** How many looks got each verdict so far, and how many of them people asked for beside the schedule, and were late. */
  verdicts: monitoringViewSchema.shape.verdicts.optional(),
  onDemand: monitoringViewSchema.shape.onDemand,
  late: monitoringViewSchema.shape.late,
})
export type MonitoringAlert = z.infer<typeof monitoringAlertSchema>
