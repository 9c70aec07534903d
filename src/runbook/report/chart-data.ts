import { defined } from '../../contract/defined.js'
import type { CheckpointVerdict } from '../../contract/monitoring.js'
import { latencyLimitMs } from '../monitoring/baseline.js'
import { median, quantile } from '../monitoring/statistics.js'
import { stepTimes } from '../step-times.js'
import { RUNBOOK_STEPS, stepTitle } from '../steps.js'
import { RUNBOOK_THRESHOLDS, type ReportInput } from './input.js'

/** One step as it ran. Milliseconds after the run's start. */
export interface StepBar {
  title: string
  fromMs: number
  toMs: number
  /** Of that, what people took to decide. */
  waitedMs?: number
  plannedMs?: number
  running: boolean
  failed: boolean
}

/** The steps up to the end of validation: next to 24 hours of monitoring, minutes would not be seen. */
export function stepBars({ view }: ReportInput): StepBar[] {
  const origin = Date.parse(view.startedAt)
  const newest = Math.max(
    origin,
    ...view.steps.flatMap(({ startedAt, endedAt }) => [momentOf(startedAt), momentOf(endedAt)]),
  )
  return view.steps
    .filter(({ step }) => step !== 'monitor' && step !== 'close')
    .flatMap((one) => {
      const { step, state, startedAt, endedAt } = one
      if (startedAt === undefined) return []
      const plannedMs = RUNBOOK_STEPS.find((known) => known.step === step)?.plannedMs
      return [
        {
          title: stepTitle(step),
          fromMs: Date.parse(startedAt) - origin,
          toMs: (endedAt === undefined ? newest : Date.parse(endedAt)) - origin,
          ...defined({ plannedMs, waitedMs: stepTimes(one, { now: newest, gates: view.gates })?.waitedMs }),
          running: state === 'running',
          failed: state === 'failed',
        },
      ]
    })
}

export interface ChartPoint {
  at: number
  value: number | null
  verdict: CheckpointVerdict
}

/** One measure over time, with what is normal for it and where a rollback would be considered. */
export interface Trend {
  points: ChartPoint[]
  /** Values of the baseline, all taken about `baselineAt`. */
  baseline: { at: number; low: number; middle: number; high: number } | null
  threshold: number | null
  /** When the migration ran; null where it did not. */
  migration: { from: number; to: number } | null
  /** When a rollback began; null where none did. */
  rollbackAt: number | null
}

/** Milliseconds. Null where no checkpoint measured a response time. */
export function latencyTrend(input: ReportInput): Trend | null {
  const points = pointsOf(input, ({ latencyMs }) => latencyMs)
  if (points === null) return null
  const samples = chartedBaseline(input)
  return {
    points,
    baseline:
      samples.length === 0
        ? null
        : {
            at: Date.parse(input.baseline?.takenAt ?? ''),
            low: quantile(samples, 0.1),
            middle: median(samples),
            high: quantile(samples, 0.9),
          },
    threshold: latencyLimitMs(samples, input.thresholds ?? RUNBOOK_THRESHOLDS) ?? null,
    migration: migrationSpan(input),
    rollbackAt: rollbackStart(input),
  }
}

/** Shares, 0 to 1. Null where no checkpoint measured an error rate. */
export function errorTrend(input: ReportInput): Trend | null {
  const points = pointsOf(input, ({ errorRate }) => errorRate)
  if (points === null) return null
  const measured = new Set(
    (input.view.monitoring?.checkpoints ?? []).flatMap(({ results }) =>
      results.filter(({ errorRate }) => errorRate !== undefined).map(({ probe }) => probe),
    ),
  )
  const rates = Object.entries(input.baseline?.probes ?? {}).flatMap(([name, { errorRate }]) =>
    measured.has(name) ? [errorRate] : [],
  )
  const usual = rates.length === 0 ? null : Math.max(...rates)
  const { errorRateIncrease } = input.thresholds ?? RUNBOOK_THRESHOLDS
  return {
    points,
    baseline:
      usual === null
        ? null
        : { at: Date.parse(input.baseline?.takenAt ?? ''), low: 0, middle: usual, high: usual },
    threshold: usual === null ? null : usual + errorRateIncrease,
    migration: migrationSpan(input),
    rollbackAt: rollbackStart(input),
  }
}

function pointsOf(
  { view }: ReportInput,
  measure: (figures: {
    latencyMs?: number | undefined
    errorRate?: number | undefined
  }) => number | undefined,
): ChartPoint[] | null {
  const points = (view.monitoring?.checkpoints ?? []).map((one) => ({
    at: Date.parse(one.at),
    value: measure(one) ?? null,
    verdict: one.verdict,
  }))
  return points.some(({ value }) => value !== null) ? points : null
}

/** A checkpoint charts its slowest health probe, so its baseline is that of the slowest one too. */
function chartedBaseline({ view, baseline }: ReportInput): number[] {
  const results = (view.monitoring?.checkpoints ?? []).flatMap((one) => one.results)
  const health = results.filter(({ kind }) => kind === 'http')
  const charted = health.some(({ critical }) => critical)
    ? health.filter(({ critical }) => critical)
    : health.length > 0
      ? health
      : results
  const names = new Set(charted.map(({ probe }) => probe))
  const candidates = Object.entries(baseline?.probes ?? {})
    .filter(([name, { latenciesMs }]) => names.has(name) && latenciesMs.length > 0)
    .map(([, { latenciesMs }]) => latenciesMs)
    .sort((a, b) => median(b) - median(a))
  return candidates[0] ?? []
}

/** From the first file to the last. The step before them is mostly people who decide; where nothing else is known, it stands. */
function migrationSpan({ view }: ReportInput): { from: number; to: number } | null {
  if (!view.migrations.some(({ state }) => ['applied', 'partial', 'unknown', 'taken-back'].includes(state)))
    return null
  const step = view.steps.find((one) => one.step === 'execute')
  if (step?.startedAt === undefined) return null
  const end = step.endedAt === undefined ? Infinity : Date.parse(step.endedAt)
  const applies = (view.commands ?? [])
    .filter(({ command, at }) => command.includes('migrations apply') && Date.parse(at) <= end)
    .map(({ at, durationMs }) => ({ from: Date.parse(at), to: Date.parse(at) + durationMs }))
  if (applies.length > 0)
    return {
      from: Math.min(...applies.map(({ from }) => from)),
      to: Math.max(...applies.map(({ to }) => to)),
    }
  const from = Date.parse(step.startedAt)
  return { from, to: Number.isFinite(end) ? end : from }
}

function rollbackStart({ view }: ReportInput): number | null {
  const startedAt = view.steps.find(({ step }) => step === 'rollback')?.startedAt
  return startedAt === undefined ? null : Date.parse(startedAt)
}

function momentOf(iso: string | undefined): number {
  return iso === undefined ? Number.NEGATIVE_INFINITY : Date.parse(iso)
}
