import { lateLooks, looksOnDemand } from '../text/looks.js'
import {
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import { zonedDateTime } from '../text/clock.js'
import { alertSignal, checkNowSignal, monitoringQuery } from '../contract/messages.js'
import { defined } from '../contract/defined.js'
import { messageOf } from '../contract/failures.js'
import type {
  Baseline,
  Checkpoint,
  MonitoringAlert,
  MonitoringPlan,
  MonitoringView,
} from '../contract/monitoring.js'
import { noData } from '../contract/reasons.js'
import { recordedCheckpoint } from '../contract/recorded.js'
import type { Target } from '../contract/target.js'
import { alertFor } from '../runbook/monitoring/alert.js'
import { renderMonitoring } from '../runbook/monitoring/details.js'
import { countVerdicts } from '../runbook/monitoring/end.js'
import { independentLooks } from '../runbook/monitoring/independent-checkpoints.js'
import {
  checkpointTimes,
  nextCheckpoint,
  scaledSampling,
  shortestInterval,
} from '../runbook/monitoring/schedule.js'
import { read } from './activities.js'
import { nearArchive } from './archive-place.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'

export interface MonitoringInput {
  target: Target
  plan: MonitoringPlan
  baseline: Baseline
  /** What validation saw: ledger and schema must stay so. */
  expected: { schemaFingerprint: string; ledger: string[] }
  /** Epoch milliseconds from which every checkpoint is counted. */
  anchorMs: number
  parentId: string
  /** Of people's times; UTC where a run of an earlier version began it. */
  timeZone?: string
  /** Where the archives lie, if not every worker reaches them. */
  disk?: string
  /** Carried over when the history is renewed. */
  checkpoints: Checkpoint[]
  lastNumber: number
}

/** What was seen; `untold`: it ended before its time, since the migration takes no signals any more and people must hear of this. */
export type MonitoringResult = MonitoringView & { untold?: MonitoringAlert }

/** A breach that nobody took back and that goes on. Milliseconds, before `timeScale`. */
const TOLD_AGAIN_MS = 3_600_000

/** Checkpoints that the judge sees beside the newest: several samples tell a shift from noise. */
const HISTORY = 4

/**
 * Looks after a migrated database for 24 hours: one checkpoint after the other from one anchor, so that nothing drifts.
 * What it sees stays here, for the query `monitoring`; the parent hears of it only when people must act, since a signal
 * a checkpoint would cost more than the checkpoints.
 */
export async function postMigrationMonitoring(input: MonitoringInput): Promise<MonitoringResult> {
  const { plan, parentId } = input
  const times = checkpointTimes({
    anchorMs: input.anchorMs,
    offsetsMs: plan.offsetsMs,
    timeScale: plan.timeScale,
  })
  const apartMs = shortestInterval({ anchorMs: input.anchorMs, times })
  const checkpoints = input.checkpoints.map(recordedCheckpoint)
  let lastNumber = input.lastNumber
  const asked = { now: false }
  let untold = ''
  const again = patched('breach-told-again') ? { againMs: TOLD_AGAIN_MS / plan.timeScale } : {}

  const view = (): MonitoringView => {
    const next = times[lastNumber]
    return {
      workflowId: workflowInfo().workflowId,
      checkpoints,
      verdicts: countVerdicts(checkpoints),
      planned: times.length,
      ...(next === undefined ? {} : { nextAt: new Date(next).toISOString() }),
    }
  }
  const show = (note = ''): void => {
    setCurrentDetails(renderMonitoring(view(), { timeZone: input.timeZone ?? 'UTC', note }))
  }
  setHandler(monitoringQuery, view)
  setHandler(checkNowSignal, () => {
    asked.now = true
  })

  const sampling = scaledSampling(plan.timeScale)
  const look = async (checkpoint: Pick<Checkpoint, 'number' | 'plannedAt' | 'late'>): Promise<Checkpoint> => {
    const { target, baseline, expected } = input
    const since = new Date(input.anchorMs).toISOString()
    const { probes, thresholds } = plan
    const recent = (): Pick<Checkpoint, 'results'>[] =>
      independentLooks(checkpoints, apartMs)
        .slice(-HISTORY)
        .map(({ results }) => ({ results }))
    const summary = `Checkpoint ${checkpoint.number} of ${times.length}`
    try {
      const looksAtBackups = probes.some(({ kind }) => kind === 'backup')
      const disk = defined({ disk: looksAtBackups ? input.disk : undefined })
      const asked = { target, probes, thresholds, baseline, expected, history: recent(), sampling, since }
      return recordedCheckpoint(
        await nearArchive(input, disk, (where) =>
          read.runCheckpoint.executeWithOptions({ summary, ...where }, [
            { ...asked, ...disk, ...checkpoint },
          ]),
        ),
      )
    } catch (error) {
      if (isCancellation(error)) throw error
      // What could not be looked at is unknown: never healthy, and no reason to stop looking.
      const { message } = failureOf(error)
      return { ...checkpoint, at: now(), verdict: 'unknown', reasons: [noData(null, message)], results: [] }
    }
  }

  try {
    for (;;) {
      show(untold)
      // Compressed time leaves no room between checkpoints: there each one runs, in a row.
      const catchUp = plan.timeScale > 1 ? 'every' : 'newest'
      const next = nextCheckpoint({ times, now: Date.now(), done: lastNumber, catchUp })
      if (next.kind === 'finished') break
      if (next.kind === 'wait' && !asked.now) {
        const summary = `Checkpoint ${next.number} at ${zonedDateTime(next.at, input.timeZone ?? 'UTC')}`
        await condition(() => asked.now, next.at - Date.now(), { summary })
        continue
      }
      if (next.kind === 'wait') {
        asked.now = false
        const extra = await look({ number: Math.max(1, lastNumber), plannedAt: now(), late: false })
        checkpoints.push({ ...extra, extra: true })
      } else {
        const { number, plannedAt, late, missed } = next
        const seen = await look({ number, plannedAt: new Date(plannedAt).toISOString(), late })
        checkpoints.push(missed.length === 0 ? seen : { ...seen, missed })
        lastNumber = number
      }
      const alert = alertFor({ checkpoints, thresholds: plan.thresholds, apartMs, ...again })
      if (alert !== null) {
        const telling = {
          ...alert,
          verdicts: countVerdicts(checkpoints),
          onDemand: looksOnDemand(checkpoints),
          late: lateLooks(checkpoints),
        }
        const told = await tellParent(parentId, telling)
        if (told !== 'told') untold = "The migration's workflow could not be told of the newest news"
        const acts = alert.kind === 'breach' || alert.kind === 'blind'
        // Its end is the one word that reaches a migration whose signals are used up.
        if (told === 'full' && acts && patched('untold-ends-the-looks')) return { ...view(), untold: telling }
      }
      if (workflowInfo().continueAsNewSuggested) {
        await continueAsNew<typeof postMigrationMonitoring>({ ...input, checkpoints, lastNumber })
      }
    }
  } catch (error) {
    // The migration ended before its monitoring: what was seen until then is the result, not lost.
    if (!isCancellation(error)) throw error
  }
  return view()
}

/**
 * A parent that is gone must not end the monitoring of a live database. `full`: it is there, and got so many signals that the
 * server takes no more for it (10,000 by default): anybody with the namespace can send them.
 */
async function tellParent(parentId: string, alert: MonitoringAlert): Promise<'told' | 'gone' | 'full'> {
  try {
    await getExternalWorkflowHandle(parentId).signal(alertSignal, alert)
    return 'told'
  } catch (error) {
    return messageOf(error).includes('signal limit') ? 'full' : 'gone'
  }
}
