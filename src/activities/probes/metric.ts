import { unknown, type Seen } from './probe.js'

/** A measured figure as a result. Whether it is too high is the judge's to say, against the baseline. */
export function measured(measures: 'errorRate' | 'latencyMs', value: number): Seen {
  if (!Number.isFinite(value) || value < 0) return unknown(`the figure is ${value}, which measures nothing`)
  if (measures === 'latencyMs') {
    return { ok: true, latencyMs: value, message: `latency ${Math.round(value * 100) / 100} ms` }
  }
  if (value > 1) return unknown(`the error rate is ${value}; it must be a share from 0 to 1`)
  return { ok: true, errorRate: value, message: `error rate ${Math.round(value * 10_000) / 100} %` }
}
