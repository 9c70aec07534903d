import type {
  Baseline,
  Checkpoint,
  CheckpointVerdict,
  ProbeResult,
  Reason,
  Thresholds,
} from '../../contract/monitoring.js'
import { DATABASE_PROBES, type Criterion } from '../../contract/names.js'
import { noData } from '../../contract/reasons.js'
import type { QueryShift } from '../../contract/queries.js'
import { latencyLimitMs, percent } from './baseline.js'
import { queryLimit, queryShiftText } from './query-shifts.js'
import { chanceOfBeingHigher, logSpread, median, spreadOfMedian } from './statistics.js'

/** Latencies of one probe that are compared together: the newest and those before it. */
const WINDOW = 5
/** A checkpoint's value alone counts only this many standard deviations above the baseline's median, */
const NOISE_DEVIATIONS = 4
/** and this many above the limit: one value near it does not say on which side the service is. */
const LIMIT_DEVIATIONS = 1
/** Chance below which a shift is believed: to breach, and to be mentioned. */
const SURE = 0.001
const LIKELY = 0.01
/** A believed shift smaller than this is no news. Times the baseline's median. */
const NOTABLE_FACTOR = 1.25

/**
 * Whose breach is a reason to roll back. `always`: the runbook names it ("database connection failures", "error rate",
 * the ledger); `configured`: only where the probe is critical, or more than one breaks; `never`: worth knowing, but
 * rolling back would not mend it.
 */
const WEIGHT: Record<string, 'always' | 'configured' | 'never'> = {
  connectivity: 'always',
  stability: 'always',
  prometheus: 'always',
  'json-metric': 'always',
  'cloudflare-analytics': 'always',
  // What they read more is mended by an index sooner than by the way back; slow answers are judged by themselves.
  queries: 'configured',
  http: 'configured',
  sql: 'configured',
  backup: 'never',
}

export interface CheckpointJudgement {
  verdict: CheckpointVerdict
  /** Why it is not healthy; empty where it is. */
  reasons: Reason[]
  /** Slowest latency of the decisive probes, for the charts. Milliseconds. */
  latencyMs?: number
  /** Highest error rate seen, 0 to 1. */
  errorRate?: number
}

interface ProbeJudgement {
  verdict: CheckpointVerdict
  reasons: Reason[]
  decisive: boolean
}

/**
 * The verdict of one checkpoint. `history`: the checkpoints before it, in order; with five latencies of a probe, a
 * median and a rank test decide where one value could be noise.
 */
export function judgeCheckpoint(input: {
  baseline: Baseline
  thresholds: Thresholds
  results: readonly ProbeResult[]
  history?: readonly Pick<Checkpoint, 'results'>[]
}): CheckpointJudgement {
  const { baseline, results } = input
  const seen = new Set(results.map(({ probe }) => probe))
  const silent = Object.keys(baseline.probes).filter((probe) => !seen.has(probe))
  const judged = [
    ...results.map((result) => unlessHeld(results, result, judgeProbe(result, input))),
    ...silent.map((probe) => unknown(noData(probe, `${probe}: no result`), true)),
  ]
  const figures = figuresOf(results)
  const reasons = judged.flatMap((one) => one.reasons)
  if (judged.length === 0)
    return { verdict: 'unknown', reasons: [noData(null, 'nothing was looked at')], ...figures }
  return { verdict: worst(judged), reasons, ...figures }
}

/**
 * While D1 exports or imports the database it answers nobody: what the application then does badly says nothing of the migration, and taking
 * that back would not mend it.
 */
function unlessHeld(
  results: readonly ProbeResult[],
  { probe, ok }: ProbeResult,
  judged: ProbeJudgement,
): ProbeJudgement {
  if (ok === null || judged.verdict === 'healthy' || !results.some(({ held }) => held)) return judged
  const why = 'D1 was exporting or importing the database then, and answered nobody'
  const reasons = judged.reasons.map(({ text }) => noData(probe, `${text}; ${why}`))
  return { ...judged, verdict: 'unknown', reasons }
}

/** Fail closed: a breach beats missing data, and missing data beats everything good. */
function worst(judged: readonly ProbeJudgement[]): CheckpointVerdict {
  const of = (verdict: CheckpointVerdict): ProbeJudgement[] => judged.filter((one) => one.verdict === verdict)
  const breached = of('breached')
  if (breached.some(({ decisive }) => decisive) || breached.length > 1) return 'breached'
  const blind = of('unknown')
  if (blind.some(({ decisive }) => decisive) || blind.length === judged.length) return 'unknown'
  return breached.length + blind.length + of('degraded').length > 0 ? 'degraded' : 'healthy'
}

function judgeProbe(
  result: ProbeResult,
  context: {
    baseline: Baseline
    thresholds: Thresholds
    history?: readonly Pick<Checkpoint, 'results'>[]
  },
): ProbeJudgement {
  const weight = WEIGHT[result.kind] ?? 'configured'
  const decisive = weight === 'always' || (weight === 'configured' && result.critical)
  const name = result.probe
  if (result.ok === null) return unknown(noData(name, `${name}: no data, ${result.message}`), decisive)
  if (result.queries !== undefined && result.queries.length > 0)
    return { verdict: 'breached', reasons: result.queries.map((shift) => readsMore(name, shift)), decisive }
  if (!result.ok) {
    const verdict = weight === 'never' ? 'degraded' : 'breached'
    return { verdict, reasons: [failed(result, verdict)], decisive }
  }
  const parts = [judgeErrorRate(result, context), judgeLatency(result, context)].filter(
    (part) => part !== undefined,
  )
  const verdict = (['breached', 'unknown', 'degraded'] as const).find((one) =>
    parts.some((part) => part.verdict === one),
  )
  return { verdict: verdict ?? 'healthy', reasons: parts, decisive }
}

/** Rows for each call. */
function readsMore(probe: string, shift: QueryShift): Reason {
  const { before, after } = shift
  const [criterion, verdict] = ['database-performance', 'breached'] as const
  return {
    criterion,
    probe,
    verdict,
    measured: after,
    limit: queryLimit(before),
    text: queryShiftText(shift),
  }
}

/** The probe's kind and weight say what its failure is about, never its name or its message. */
function failed(result: ProbeResult, verdict: Reason['verdict']): Reason {
  const { probe, message, measured = null, limit = null } = result
  const criterion = criterionOf(result)
  return {
    criterion,
    probe,
    verdict,
    measured,
    limit,
    text: `${probe}: ${FAILED_HOW[criterion]}, ${message}`,
  }
}

type Failed = Extract<
  Criterion,
  'critical-functionality' | 'database-connection' | 'schema' | 'backup' | 'check'
>

const FAILED_HOW: Record<Failed, string> = {
  'database-connection': 'database connection failed',
  schema: 'ledger or schema changed',
  'critical-functionality': 'critical check is broken',
  backup: 'check failed',
  check: 'check failed',
}

function criterionOf({ kind, critical }: ProbeResult): Failed {
  switch (kind) {
    case 'connectivity':
      return 'database-connection'
    case 'stability':
      return 'schema'
    case 'backup':
      return 'backup'
    default:
      return critical ? 'critical-functionality' : 'check'
  }
}

function judgeErrorRate(
  result: ProbeResult,
  { baseline, thresholds }: { baseline: Baseline; thresholds: Thresholds },
): Reason | undefined {
  if (result.errorRate === undefined) return undefined
  const before = baseline.probes[result.probe]?.errorRate ?? 0
  const increase = result.errorRate - before
  if (increase <= thresholds.errorRateIncrease) return undefined
  return {
    criterion: 'error-rate',
    probe: result.probe,
    verdict: 'breached',
    measured: result.errorRate,
    limit: before + thresholds.errorRateIncrease,
    text: `${result.probe}: error rate ${percent(result.errorRate)}, baseline ${percent(before)}`,
  }
}

function judgeLatency(
  result: ProbeResult,
  context: {
    baseline: Baseline
    thresholds: Thresholds
    history?: readonly Pick<Checkpoint, 'results'>[]
  },
): Reason | undefined {
  const now = result.latencyMs
  const { responseTimeFloorMs } = context.thresholds
  if (now === undefined) return undefined
  const before = context.baseline.probes[result.probe]?.latenciesMs ?? []
  const usual = median(before)
  const limit = latencyLimitMs(before, context.thresholds)
  if (limit === undefined) {
    if (now <= responseTimeFloorMs) return undefined
    const text = `${result.probe}: response time ${ms(now)}, no baseline to compare it with`
    return { ...slow(result, { measured: now, limit: null }), verdict: 'unknown', text }
  }
  const figures = `${result.probe}: response time ${ms(now)}, baseline ${ms(usual)}, limit ${ms(limit)}`
  const spread = spreadOfMedian(logSpread(before), result.samples ?? 1)
  const beyondNoise = usual * Math.exp(NOISE_DEVIATIONS * spread)
  if (now > limit * Math.exp(LIMIT_DEVIATIONS * spread) && now > beyondNoise)
    return { ...slow(result, { measured: now, limit }), verdict: 'breached', text: figures }

  const recent = recentLatencies(result, context.history ?? [])
  const enough = recent.length >= WINDOW
  const chance = enough ? chanceOfBeingHigher(recent, before) : 1
  if (enough && median(recent) > limit && chance < SURE) {
    const text = `${figures}; median of the last ${WINDOW} ${ms(median(recent))}`
    return { ...slow(result, { measured: median(recent), limit }), verdict: 'breached', text }
  }
  if (now > limit) {
    const text = `${figures}, which the baseline's own noise may explain`
    return { ...slow(result, { measured: now, limit }), verdict: 'degraded', text }
  }
  const notable = Math.max(responseTimeFloorMs, NOTABLE_FACTOR * usual)
  if (chance < LIKELY && median(recent) > notable) {
    const text = `${figures}; slower than before, though within the limit`
    return { ...slow(result, { measured: median(recent), limit }), verdict: 'degraded', text }
  }
  return undefined
}

/** Milliseconds. */
function slow(
  { kind, probe }: ProbeResult,
  figures: Pick<Reason, 'measured' | 'limit'>,
): Omit<Reason, 'verdict' | 'text'> {
  const criterion = DATABASE_PROBES.includes(kind) ? 'database-performance' : 'response-time'
  return { criterion, probe, ...figures }
}

function recentLatencies(result: ProbeResult, history: readonly Pick<Checkpoint, 'results'>[]): number[] {
  const earlier = history
    .slice(1 - WINDOW)
    .flatMap(({ results }) => results.filter(({ probe, ok }) => probe === result.probe && ok === true))
  return [...earlier, result].flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]))
}

/** What a checkpoint shows in the charts. */
function figuresOf(results: readonly ProbeResult[]): { latencyMs?: number; errorRate?: number } {
  const health = results.filter(({ kind }) => kind === 'http')
  const critical = health.filter((result) => result.critical)
  const charted = critical.length > 0 ? critical : health.length > 0 ? health : results
  const latencies = charted.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]))
  const rates = results.flatMap(({ errorRate }) => (errorRate === undefined ? [] : [errorRate]))
  return {
    ...(latencies.length === 0 ? {} : { latencyMs: Math.max(...latencies) }),
    ...(rates.length === 0 ? {} : { errorRate: Math.max(...rates) }),
  }
}

function unknown(reason: Reason, decisive: boolean): ProbeJudgement {
  return { verdict: 'unknown', reasons: [reason], decisive }
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}
