import { median } from '../runbook/statistics.js'
import type { RunHistory } from './run-history.js'

/** Milliseconds above which the health endpoint counts as too slow; undefined before the baseline was taken. */
export function latencyLimitOf({ request, baseline }: RunHistory): number | undefined {
  if (baseline === null || request === null) return undefined
  const { thresholds, probes } = request.monitoring
  const medians = probes
    .filter(({ kind }) => kind === 'http')
    .map(({ name }) => baseline.probes[name]?.latenciesMs ?? [])
    .filter((latencies) => latencies.length > 0)
    .map((latencies) => median(latencies))
  if (medians.length === 0) return undefined
  return Math.max(thresholds.responseTimeFloorMs, thresholds.responseTimeFactor * Math.max(...medians))
}
