import type { Baseline, MonitoringPlan, Probe, ProbeResult } from '../contract/monitoring.js'
import type { Target } from '../contract/target.js'
import { restFor } from './probes/rest.js'
import { runProbes, type RunProbesInput } from './probes/run-probes.js'

const DAY_MS = 86_400_000
/** Traffic has a daily and a weekly rhythm. */
const PAST_DAYS = 7

/** These say something only after the migration: they compare with it. */
const ONLY_AFTER: readonly Probe['kind'][] = ['stability', 'backup']

/**
 * What is normal: each probe of the plan, `baselineSamples` times with `baselinePauseMs` between; Cloudflare's analytics
 * instead for now and for the same time of day in the last week. Takes about samples times pause.
 * Throws only the reason of `signal`.
 */
export async function takeBaseline(
  { target, monitoring }: { target: Target; monitoring: MonitoringPlan },
  context: Pick<RunProbesInput, 'signal' | 'env' | 'variables' | 'openReader'> & {
    /** Told after every sample. */
    heartbeat?: (progress: { sample: number; of: number }) => void
  } = {},
): Promise<Baseline> {
  const { heartbeat, ...rest } = context
  const takenAt = Date.now()
  const before = monitoring.probes.filter(({ kind }) => !ONLY_AFTER.includes(kind))
  const analytics = before.filter(({ kind }) => kind === 'cloudflare-analytics')
  const live = before.filter(({ kind }) => kind !== 'cloudflare-analytics')

  const results: ProbeResult[] = []
  for (let day = 0; day <= PAST_DAYS && analytics.length > 0; day += 1) {
    results.push(...(await runProbes({ ...rest, target, probes: analytics, now: takenAt - day * DAY_MS })))
  }
  const of = live.length === 0 ? 0 : monitoring.baselineSamples
  for (let sample = 1; sample <= of; sample += 1) {
    results.push(...(await runProbes({ ...rest, target, probes: live })))
    heartbeat?.({ sample, of })
    if (sample < of) await restFor(monitoring.baselinePauseMs, context.signal)
  }
  return {
    takenAt: new Date(takenAt).toISOString(),
    probes: Object.fromEntries(before.map(({ name }) => [name, summarise(results, name)])),
  }
}

/** Samples that could not be taken count neither as good nor as bad. */
function summarise(results: ProbeResult[], name: string): Baseline['probes'][string] {
  const known = results.filter(({ probe, ok }) => probe === name && ok !== null)
  const rates = known.map(({ ok, errorRate }) => errorRate ?? (ok === true ? 0 : 1))
  return {
    latenciesMs: known.flatMap(({ ok, latencyMs }) =>
      ok === true && latencyMs !== undefined ? [latencyMs] : [],
    ),
    errorRate: rates.length === 0 ? 0 : rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
    samples: known.length,
  }
}
