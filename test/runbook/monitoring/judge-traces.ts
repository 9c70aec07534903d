import type { Baseline, Checkpoint, ProbeResult, Thresholds } from '../../../src/contract/monitoring.js'
import { alertFor } from '../../../src/runbook/monitoring/alert.js'
import { judgeCheckpoint } from '../../../src/runbook/monitoring/judge.js'
import { resultOfSamples } from '../../../src/runbook/monitoring/samples.js'
import { CHECKPOINT_SAMPLING, checkpointOffsets } from '../../../src/runbook/monitoring/schedule.js'

/** Seeded traces of 24 hours after a migration, judged as the monitoring does it. */
export const DEFAULT_THRESHOLDS: Thresholds = {
  responseTimeFactor: 2,
  responseTimeFloorMs: 250,
  errorRateIncrease: 0.05,
  consecutiveBreaches: 2,
  unknownsBeforeAlert: 3,
}

/** Milliseconds; above half the floor, so that the factor is what decides. */
const USUAL_MS = 200
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const OFFSETS = checkpointOffsets()

export type Random = () => number

/** mulberry32: the same seed gives the same trace everywhere. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

interface Sample {
  latencyMs: number | null
  errorRate: number
  /** The health endpoint answered, and well. */
  ok: boolean | null
}

export interface Trace {
  name: string
  /** Whether it should end in a rollback decision, in an alert for missing data, or in silence. */
  expect: 'silence' | 'breach' | 'blind'
  /** Spread of the logarithm of latencies, before and after. */
  noise: number
  /** Offset at which it goes wrong. Milliseconds. */
  wrongFromMs?: number
  sample: (context: { offsetMs: number; usual: number; random: Random; badFromMs: number }) => Sample
}

const fine = (latencyMs: number, random: Random): Sample => ({
  latencyMs,
  errorRate: Math.max(0, 0.01 + 0.005 * normal(random)),
  ok: true,
})

export const TRACES: readonly Trace[] = [
  { name: 'steady', expect: 'silence', noise: 0.08, sample: ({ usual, random }) => fine(usual, random) },
  { name: 'noisy', expect: 'silence', noise: 0.4, sample: ({ usual, random }) => fine(usual, random) },
  {
    name: 'spiky: 3 % at 10x',
    expect: 'silence',
    noise: 0.4,
    sample: ({ usual, random }) => fine(random() < 0.03 ? usual * 10 : usual, random),
  },
  {
    name: 'spiky: 10 % at 20x',
    expect: 'silence',
    noise: 0.15,
    sample: ({ usual, random }) => fine(random() < 0.1 ? usual * 20 : usual, random),
  },
  {
    name: 'single spike',
    expect: 'silence',
    noise: 0.15,
    wrongFromMs: HOUR,
    sample: ({ usual, random, offsetMs, badFromMs }) =>
      fine(offsetMs === badFromMs ? usual * 20 : usual, random),
  },
  {
    name: 'daily cycle, up to 1.6x',
    expect: 'silence',
    noise: 0.15,
    sample: ({ usual, random, offsetMs }) =>
      fine(usual * (1.3 - 0.3 * Math.cos((2 * Math.PI * offsetMs) / (24 * HOUR))), random),
  },
  {
    name: 'step to 3x',
    expect: 'breach',
    noise: 0.15,
    wrongFromMs: HOUR,
    sample: ({ usual, random, offsetMs, badFromMs }) =>
      fine(offsetMs >= badFromMs ? usual * 3 : usual, random),
  },
  {
    name: 'step to 3x, noisy',
    expect: 'breach',
    noise: 0.4,
    wrongFromMs: HOUR,
    sample: ({ usual, random, offsetMs, badFromMs }) =>
      fine(offsetMs >= badFromMs ? usual * 3 : usual, random),
  },
  {
    name: 'slow drift to 5x',
    expect: 'breach',
    noise: 0.15,
    // The drift starts at once; wrong is where it passes twice the usual.
    wrongFromMs: 6 * HOUR,
    sample: ({ usual, random, offsetMs }) => fine(usual * (1 + (4 * offsetMs) / (24 * HOUR)), random),
  },
  {
    name: 'errors at 12 %',
    expect: 'breach',
    noise: 0.15,
    wrongFromMs: HOUR,
    sample: ({ usual, random, offsetMs, badFromMs }) => ({
      ...fine(usual, random),
      ...(offsetMs >= badFromMs ? { errorRate: 0.12 + 0.01 * normal(random) } : {}),
    }),
  },
  {
    name: 'outage',
    expect: 'breach',
    noise: 0.15,
    wrongFromMs: 3 * HOUR,
    sample: ({ usual, random, offsetMs, badFromMs }) =>
      offsetMs >= badFromMs ? { latencyMs: null, errorRate: 1, ok: false } : fine(usual, random),
  },
  {
    name: 'data stops',
    expect: 'blind',
    noise: 0.15,
    wrongFromMs: HOUR,
    sample: ({ usual, random, offsetMs, badFromMs }) =>
      offsetMs >= badFromMs ? { latencyMs: null, errorRate: 0, ok: null } : fine(usual, random),
  },
]

export interface TraceResult {
  /** Alerts before anything was wrong, or of the wrong kind. */
  falseRollback: boolean
  /** Checkpoints from the first bad one to the alert, both counted; null: not told. */
  delay: number | null
}

/** `samples`: answers that a checkpoint takes of the health endpoint. */
export function runTrace(trace: Trace, seed: number, samples = CHECKPOINT_SAMPLING.samples): TraceResult {
  const random = randomOf(seed)
  const latency = (): number => USUAL_MS * Math.exp(trace.noise * normal(random))
  // The baseline is taken from the same service, spikes included, while all is well.
  const before = (): number =>
    trace.sample({ offsetMs: 0, usual: latency(), random, badFromMs: Infinity }).latencyMs ?? USUAL_MS
  const baseline: Baseline = {
    takenAt: new Date(0).toISOString(),
    probes: {
      health: { latenciesMs: Array.from({ length: 20 }, before), errorRate: 0, samples: 20 },
      traffic: { latenciesMs: [], errorRate: 0.01, samples: 20 },
    },
  }
  const badFromMs = OFFSETS.find((offset) => offset >= (trace.wrongFromMs ?? Infinity)) ?? Infinity
  const checkpoints: Checkpoint[] = []
  let falseRollback = false
  for (const [index, offsetMs] of OFFSETS.entries()) {
    const answers = Array.from({ length: samples }, () =>
      trace.sample({ offsetMs, usual: latency(), random, badFromMs }),
    )
    const results = resultsOf(answers)
    const judged = judgeCheckpoint({
      baseline,
      thresholds: DEFAULT_THRESHOLDS,
      results,
      history: checkpoints,
    })
    const at = new Date(offsetMs).toISOString()
    checkpoints.push({ number: index + 1, plannedAt: at, at, late: false, results, ...judged })
    const alert = alertFor({ checkpoints, thresholds: DEFAULT_THRESHOLDS, apartMs: 5 * MINUTE })
    if (alert === null || alert.kind === 'recovered') continue
    if (alert.kind === trace.expect && offsetMs >= badFromMs) {
      return { falseRollback, delay: index + 1 - OFFSETS.indexOf(badFromMs) }
    }
    if (alert.kind === 'breach') falseRollback = true
  }
  return { falseRollback, delay: null }
}

function resultsOf(answers: readonly Sample[]): ProbeResult[] {
  const ok = answers[0]?.ok ?? null
  const errorRate = answers[0]?.errorRate ?? 0
  return [
    resultOfSamples(answers.map(healthOf)),
    {
      probe: 'traffic',
      kind: 'json-metric',
      critical: false,
      ok: ok === null ? null : true,
      message: 'measured',
      ...(ok === null ? {} : { errorRate: Math.min(1, Math.max(0, errorRate)) }),
    },
  ]
}

function healthOf({ latencyMs, ok }: Sample): ProbeResult {
  return {
    probe: 'health',
    kind: 'http',
    critical: true,
    ok,
    message: ok === null ? 'no answer' : ok ? 'status 200' : 'status 503',
    ...(latencyMs === null ? {} : { latencyMs }),
  }
}

export interface TraceSummary {
  trace: string
  expect: Trace['expect']
  seeds: number
  falseRollbacks: number
  detected: number
  /** Checkpoints to the alert; null where nothing is to be detected. */
  medianDelay: number | null
  worstDelay: number | null
}

export function summarise(trace: Trace, seeds: number, samples?: number): TraceSummary {
  const results = Array.from({ length: seeds }, (_, seed) => runTrace(trace, seed + 1, samples))
  const delays = results.flatMap(({ delay }) => (delay === null ? [] : [delay])).sort((a, b) => a - b)
  return {
    trace: trace.name,
    expect: trace.expect,
    seeds,
    falseRollbacks: results.filter((one) => one.falseRollback).length,
    detected: delays.length,
    medianDelay: delays[Math.floor(delays.length / 2)] ?? null,
    worstDelay: delays.at(-1) ?? null,
  }
}

/** The table of the simulation, as `tsx test/runbook/monitoring/judge-table.ts` prints it. */
export function simulationTable(summaries: readonly TraceSummary[]): string {
  const head = ['trace', 'expected', 'seeds', 'false rollbacks', 'told', 'delay, median', 'delay, worst']
  const rows = summaries.map((one) => [
    one.trace,
    one.expect,
    String(one.seeds),
    `${((100 * one.falseRollbacks) / one.seeds).toFixed(1)} % (${one.falseRollbacks})`,
    one.expect === 'silence' ? '-' : `${((100 * one.detected) / one.seeds).toFixed(1)} %`,
    one.medianDelay === null ? '-' : `${one.medianDelay} checkpoints`,
    one.worstDelay === null ? '-' : `${one.worstDelay} checkpoints`,
  ])
  const widths = head.map((name, at) =>
    Math.max(name.length, ...rows.map((cells) => (cells[at] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join(
    '\n',
  )
}
