import type { MetricMeter } from '@temporalio/common'
import type { CheckpointVerdict } from '../contract/monitoring.js'
import { CHECKPOINT_VERDICTS, GATES, OUTCOMES, PHASES } from '../contract/names.js'
import type { RunView } from '../contract/run.js'

/** Seconds: from what a machine does to what people sleep over. */
const DURATIONS = [1, 5, 15, 60, 300, 900, 3_600, 4 * 3_600, 12 * 3_600, 24 * 3_600]
export const BUCKETS = { d1_runbook_step_duration: DURATIONS, d1_runbook_gate_waiting: DURATIONS }

const STEPS: readonly string[] = [...PHASES, 'rehearse']

/** Labels come from runs, which anybody with the namespace can start: beyond these many of a kind they are told as `other`. */
const MOST_LABELS = 100
/** Reports of a run that has ended may be written again. */
const MOST_RUNS = 10_000

export interface Meters {
  /** A run has ended: counted once. */
  ended(view: RunView): void
  checkpoint(environment: string, verdict: CheckpointVerdict): void
  backup(target: { environment: string; database: { id: string } }, createdAt: string): void
  /** Runs under way now, by environment and phase. */
  open(runs: readonly { environment: string; phase: string }[]): void
  calls(usage: { made: number; left: number | undefined }): void
}

/** Our own metrics, through the SDK's meter, whose exporter serves them beside its own. Times are seconds. */
export function createMeters(meter: MetricMeter): Meters {
  const ended = meter.createCounter('d1_runbook_runs_ended', '', 'Runs that ended, by outcome')
  const open = meter.createGauge('d1_runbook_runs_open', 'int', '', 'Runs under way, by phase')
  const step = meter.createHistogram(
    'd1_runbook_step_duration',
    'float',
    'seconds',
    'Steps, without waiting for people',
  )
  const gate = meter.createHistogram(
    'd1_runbook_gate_waiting',
    'float',
    'seconds',
    'From the opening of a gate to its end',
  )
  const checkpoints = meter.createCounter('d1_runbook_checkpoints', '', 'Looks of the monitoring, by verdict')
  const backup = meter.createGauge(
    'd1_runbook_backup_created_timestamp_seconds',
    'float',
    '',
    'Newest verified backup, Unix time',
  )
  const calls = meter.createCounter(
    'd1_runbook_cloudflare_calls',
    '',
    'Calls of the Cloudflare API by this process',
  )
  const left = meter.createGauge(
    'd1_runbook_cloudflare_calls_left',
    'int',
    '',
    'Calls that Cloudflare allows until it resets',
  )

  const environmentOf = bounded()
  const databaseOf = bounded()
  const counted = new Set<string>()
  const newest = new Map<string, number>()
  const shown = new Map<string, { environment: string; phase: string }>()
  const begun = new Set<string>()
  let told = 0
  /** A counter that is first seen at 1 has not increased to Prometheus: it must have been seen at 0. */
  const begin = (environment: string): void => {
    if (begun.has(environment)) return
    begun.add(environment)
    for (const outcome of OUTCOMES) ended.add(0, { environment, outcome })
    for (const verdict of CHECKPOINT_VERDICTS) checkpoints.add(0, { environment, verdict })
  }
  return {
    ended(view) {
      const { runId, outcome } = view
      if (outcome === null || counted.has(runId)) return
      if (counted.size < MOST_RUNS) counted.add(runId)
      const environment = environmentOf(view.environment)
      ended.add(1, { environment, outcome: oneOf(OUTCOMES, outcome) })
      for (const { name, seconds, state } of stepTimes(view)) step.record(seconds, { step: name, state })
      for (const { name, seconds, state } of gateTimes(view)) gate.record(seconds, { gate: name, state })
    },
    checkpoint(environment, verdict) {
      checkpoints.add(1, { environment: environmentOf(environment), verdict })
    },
    backup({ environment, database }, createdAt) {
      const seconds = Date.parse(createdAt) / 1000
      const tags = { environment: environmentOf(environment), database: databaseOf(database.id) }
      const key = `${tags.environment} ${tags.database}`
      // What is read of archives may come behind a backup that was made meanwhile.
      if (!Number.isFinite(seconds) || seconds < (newest.get(key) ?? 0)) return
      newest.set(key, seconds)
      backup.set(seconds, tags)
    },
    open(runs) {
      const counts = new Map([...shown.keys()].map((key) => [key, 0]))
      for (const run of runs) {
        const tags = { environment: environmentOf(run.environment), phase: oneOf(PHASES, run.phase) }
        begin(tags.environment)
        const key = `${tags.environment} ${tags.phase}`
        shown.set(key, tags)
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
      // A phase that nobody is in any more is 0, not what it was.
      for (const [key, tags] of shown) open.set(counts.get(key) ?? 0, tags)
    },
    calls({ made, left: remaining }) {
      calls.add(made - told)
      told = made
      if (remaining !== undefined) left.set(remaining)
    },
  }
}

interface Taken {
  name: string
  state: string
  seconds: number
}

/** What each step took, but for what people took at its gates. */
export function stepTimes({ steps }: Pick<RunView, 'steps'>): Taken[] {
  return steps.flatMap(({ step, state, startedAt, endedAt, waitedMs = 0, withinMs = 0 }) => {
    const seconds = between(startedAt, endedAt) - (waitedMs + withinMs) / 1000
    return seconds >= 0 ? [{ name: oneOf(STEPS, step), state, seconds }] : []
  })
}

/** How long each gate was open; one that is open still is left out. */
export function gateTimes({ gates }: Pick<RunView, 'gates'>): Taken[] {
  return gates.flatMap(({ gate, state, openedAt, expiresAt, decisions }) => {
    const end = state === 'expired' ? expiresAt : decisions.at(-1)?.at
    const over = state === 'approved' || state === 'rejected' || state === 'expired'
    const seconds = over ? between(openedAt, end) : NaN
    return seconds >= 0 ? [{ name: oneOf(GATES, gate), state, seconds }] : []
  })
}

/** Seconds; NaN where one of them is not known. */
function between(from: string | undefined, to: string | undefined): number {
  return from === undefined || to === undefined ? NaN : (Date.parse(to) - Date.parse(from)) / 1000
}

function oneOf(known: readonly string[], text: string): string {
  return known.includes(text) ? text : 'other'
}

function bounded(): (label: string) => string {
  const seen = new Set<string>()
  return (label) => {
    const short = label.slice(0, 64)
    if (!seen.has(short) && seen.size >= MOST_LABELS) return 'other'
    seen.add(short)
    return short
  }
}
