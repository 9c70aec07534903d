import { latencyLimitMs } from '../runbook/monitoring/baseline.js'
import type { RunHistory } from './run-history.js'

/** Milliseconds above which the health endpoint counts as too slow; undefined before the baseline was taken. */
export function latencyLimitOf({ request, baseline }: RunHistory): number | undefined {
  if (baseline === null || request === null) return undefined
  const { thresholds, probes } = request.monitoring
  const limits = probes
    .filter(({ kind }) => kind === 'http')
    .flatMap(({ name }) => latencyLimitMs(baseline.probes[name]?.latenciesMs ?? [], thresholds) ?? [])
  return limits.length === 0 ? undefined : Math.max(...limits)
}
