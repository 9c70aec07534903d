import type { ProbeResult } from '../../contract/monitoring.js'
import type { Target } from '../../contract/target.js'
import type { Store } from '../../store/store.js'
import type { openReader } from '../../d1/read/open-reader.js'

/** What a probe saw, before it gets its name. `ok: null`: nothing could be known, and `message` says why. */
export type Seen = Pick<ProbeResult, 'ok' | 'latencyMs' | 'errorRate' | 'measured' | 'limit' | 'message'>

export interface ProbeContext {
  target: Target
  /** Of the target, where it has one. */
  store?: Store | undefined
  /** The archives lie on a disk that this worker has not. */
  archivesElsewhere?: boolean
  /** What validation saw after the migration; absent before it. */
  expected?: { schemaFingerprint: string; ledger: string[] }
  /** Aborted when the probe's time is over, or the activity is cancelled. */
  signal: AbortSignal
  /** Environment of the worker: tokens and headers are named in the config, and their values are here. */
  env: NodeJS.ProcessEnv
  /** Variables that headers may name besides those of `RUNBOOK_`. */
  variables: readonly string[]
  openReader: typeof openReader
  /** Epoch milliseconds of the moment that is looked at. */
  now: number
}

export function unknown(message: string): Seen {
  return { ok: null, message }
}

/** Milliseconds since `startedAt` of `performance.now()`, to a hundredth. */
export function elapsed(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 100) / 100
}
