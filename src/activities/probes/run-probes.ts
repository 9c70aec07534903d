import { defined } from '../../contract/defined.js'
import { isFailureType, RunbookError, type FailureType, messageOf } from '../../contract/failures.js'
import type { Probe, ProbeResult, Sampling } from '../../contract/monitoring.js'
import type { Target } from '../../contract/target.js'
import { openReader } from '../../d1/read/open-reader.js'
import type { Store } from '../../store/store.js'
import { redact } from '../../process/redact.js'
import { resultOfSamples } from '../../runbook/monitoring/samples.js'
import { probeBackup } from './backup.js'
import { probeCloudflareAnalytics } from './cloudflare-analytics.js'
import { probeConnectivity } from './connectivity.js'
import { probeHttp } from './http.js'
import { probeJsonMetric } from './json-metric.js'
import type { ProbeContext, Seen } from './probe.js'
import { probePrometheus } from './prometheus.js'
import { networkReason } from './request.js'
import { restFor } from './rest.js'
import { probeSql } from './sql.js'
import { probeStability } from './stability.js'

export interface RunProbesInput {
  target: Target
  /** Of the target, where it has one. */
  store?: Store | undefined
  /** The archives lie on a disk that this worker has not. */
  archivesElsewhere?: boolean | undefined
  probes: readonly Probe[]
  /** What validation saw; without it `stability` cannot know anything. */
  expected?: { schemaFingerprint: string; ledger: string[] }
  signal?: AbortSignal
  /** End of the window that analytics look at; default: now. Epoch milliseconds. */
  now?: number
  env?: NodeJS.ProcessEnv
  /** Variables that headers may name besides those of `RUNBOOK_`. */
  variables?: readonly string[]
  openReader?: ProbeContext['openReader']
  /** How often those are asked whose answer is a single request, and the time between; default: once. */
  sampling?: Sampling | undefined
}

/** These measure one request, which chance makes slow; the others measure many, or what does not change by the moment. */
const SAMPLED: readonly Probe['kind'][] = ['http', 'connectivity', 'sql']

/**
 * All probes at once, each within its own time. A probe never makes the others fail: what it could not know is
 * `ok: null` with the reason. Throws only the reason of `signal`.
 */
export async function runProbes(input: RunProbesInput): Promise<ProbeResult[]> {
  input.signal?.throwIfAborted()
  const results = await Promise.all(input.probes.map((probe) => lookAt(probe, input)))
  input.signal?.throwIfAborted()
  return results
}

/** Each answer has the probe's whole time, and none waits for the one before: a hanging service costs no more of it. */
async function lookAt(probe: Probe, input: RunProbesInput): Promise<ProbeResult> {
  const { samples, pauseMs } = input.sampling ?? { samples: 1, pauseMs: 0 }
  const times = SAMPLED.includes(probe.kind) ? samples : 1
  const answers = Array.from({ length: times }, async (_, index) => {
    if (index > 0) await restFor(index * pauseMs, input.signal)
    return lookOnce(probe, input)
  })
  return resultOfSamples(await Promise.all(answers))
}

async function lookOnce(probe: Probe, input: RunProbesInput): Promise<ProbeResult> {
  const { name, kind, critical, timeoutMs } = probe
  const deadline = AbortSignal.timeout(timeoutMs)
  const signal = input.signal === undefined ? deadline : AbortSignal.any([input.signal, deadline])
  const context: ProbeContext = {
    target: input.target,
    store: input.store,
    archivesElsewhere: input.archivesElsewhere === true,
    ...defined({ expected: input.expected }),
    signal,
    env: input.env ?? process.env,
    variables: input.variables ?? [],
    openReader: input.openReader ?? openReader,
    now: input.now ?? Date.now(),
  }
  const seen = await withinTime(look(probe, context), signal).catch((error: unknown) =>
    signal.aborted ? silence(probe, timeoutMs) : explain(probe, input.target, error),
  )
  return { probe: name, kind, critical, ...seen, message: redact(seen.message, context.env) }
}

function look(probe: Probe, context: ProbeContext): Promise<Seen> {
  switch (probe.kind) {
    case 'http':
      return probeHttp(probe, context)
    case 'connectivity':
      return probeConnectivity(probe, context)
    case 'sql':
      return probeSql(probe, context)
    case 'stability':
      return probeStability(probe, context)
    case 'backup':
      return probeBackup(probe, context)
    case 'prometheus':
      return probePrometheus(probe, context)
    case 'json-metric':
      return probeJsonMetric(probe, context)
    case 'cloudflare-analytics':
      return probeCloudflareAnalytics(probe, context)
  }
}

/** A probe that does not listen to its signal must not hold up the others either. */
async function withinTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined
  const over = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new Error('time is over'))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, over])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}

/** What users would wait for in vain is broken; what only we ask is unknown. */
function silence({ kind }: Probe, timeoutMs: number): Seen {
  const asUsersSeeIt = kind === 'http' || kind === 'connectivity' || kind === 'sql'
  return { ok: asUsersSeeIt ? false : null, message: `no answer within ${timeoutMs / 1_000} s` }
}

/** The database itself said no, or is not there. */
const BROKEN: readonly FailureType[] = ['SqlRefused', 'DatabaseNotFound', 'WrongTarget']
/** The database could not be reached: for the probe that asks just this, an answer. */
const UNREACHED: readonly FailureType[] = ['Network', 'OutcomeUnknown']

function explain({ kind }: Probe, { database }: Target, error: unknown): Seen {
  if (!(error instanceof RunbookError) || !isFailureType(error.type)) {
    return { ok: null, message: `could not be looked at: ${plainReason(error)}` }
  }
  const { type, message } = error
  const broken =
    (kind === 'connectivity' && (BROKEN.includes(type) || UNREACHED.includes(type))) ||
    (kind === 'sql' && BROKEN.includes(type))
  const held = type === 'DatabaseLocked' && database.remote
  return { ok: broken ? false : null, ...(held ? { held } : {}), message }
}

function plainReason(error: unknown): string {
  if (error instanceof TypeError && error.cause !== undefined) return networkReason(error)
  return messageOf(error)
}
