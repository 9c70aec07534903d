import type { Baseline, MonitoringPlan, Thresholds } from '../../contract/monitoring.js'
import { formatDuration } from '../../text/duration.js'
import { median } from './statistics.js'

/** What is normal for one probe, and from where on it is not. */
export interface BaselineFigure {
  probe: string
  samples: number
  /** Milliseconds; absent where the probe measures none, or nothing was measured. */
  medianMs?: number
  limitMs?: number
  /** Share, 0 to 1. */
  errorRate: number
}

/** The response time above which the runbook considers a rollback. Milliseconds; undefined without a baseline. */
export function latencyLimitMs(
  latenciesMs: readonly number[],
  thresholds: Pick<Thresholds, 'responseTimeFactor' | 'responseTimeFloorMs'>,
): number | undefined {
  if (latenciesMs.length === 0) return undefined
  return Math.max(thresholds.responseTimeFloorMs, thresholds.responseTimeFactor * median(latenciesMs))
}

export function baselineFigures(
  baseline: Baseline,
  thresholds: Pick<Thresholds, 'responseTimeFactor' | 'responseTimeFloorMs'>,
): BaselineFigure[] {
  return Object.entries(baseline.probes).map(([probe, { latenciesMs, errorRate, samples }]) => {
    const limitMs = latencyLimitMs(latenciesMs, thresholds)
    return {
      probe,
      samples,
      ...(limitMs === undefined ? {} : { medianMs: median(latenciesMs), limitMs }),
      errorRate,
    }
  })
}

/** The baseline as approvers read it, one line a probe: what monitoring will compare with, and what it will not see. */
export function baselineLines(baseline: Baseline, monitoring: MonitoringPlan): string[] {
  const { queries } = baseline
  const known =
    queries === undefined
      ? []
      : [`The application's queries: rows that each of ${queries.length} reads for a call`]
  const probes = baselineFigures(baseline, monitoring.thresholds).map(
    ({ probe, samples, medianMs, limitMs, errorRate }) => {
      const past = monitoring.probes.some(
        ({ name, kind }) => name === probe && kind === 'cloudflare-analytics',
      )
      if (samples === 0) return `${probe}: no data, so monitoring cannot judge it`
      const speed =
        medianMs === undefined || limitMs === undefined
          ? ''
          : `median ${formatDuration(medianMs)}, limit ${formatDuration(limitMs)}, `
      const from = past ? `${samples} windows: now and this hour of past days` : `${samples} samples`
      return `${probe}: ${speed}${percent(errorRate)} errors (${from})`
    },
  )
  return [...probes, ...known]
}

/** `0 %`, `0.5 %`, `12 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, '')} %`
}
