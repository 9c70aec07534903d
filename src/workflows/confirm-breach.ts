import { OWN_NAME } from '../contract/names.js'
import { isCancellation, sleep } from '@temporalio/workflow'
import type { Checkpoint } from '../contract/monitoring.js'
import { noData, reasonTexts } from '../contract/reasons.js'
import { recordedCheckpoint } from '../contract/recorded.js'
import { scaledSampling } from '../runbook/monitoring/schedule.js'
import { read } from './activities.js'
import { expectedAfter } from './apply.js'
import { now } from './clock.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'

/** Between two looks, so that one hiccup is not seen twice. Milliseconds, before `timeScale`. */
const BETWEEN_LOOKS_MS = 60_000

/**
 * Looks for itself before a database is taken back without people. An alert is a signal, which anybody with access to the
 * namespace can send: it is worth a look, and no evidence. True when every one of as many looks as make a breach says
 * breached; what cannot be seen is no breach.
 */
export async function confirmBreach(run: Run): Promise<boolean> {
  const { plan } = run
  if (plan === null) return false
  const { consecutiveBreaches } = run.request.monitoring.thresholds
  const expected = expectedAfter(plan)
  const summary = 'Is it really breached?'
  const history: Pick<Checkpoint, 'results'>[] = []
  for (let number = 1; number <= consecutiveBreaches; number += 1) {
    if (number > 1) await sleep(run.scaled(BETWEEN_LOOKS_MS), { summary: 'Look again at the breach' })
    const seen = await look(run, { number, expected, history, summary })
    if (seen.verdict !== 'breached') {
      const why = seen.reasons.length === 0 ? '' : `: ${reasonTexts(seen.reasons).join('; ')}`
      const note = `No automatic rollback: looking again, the database is ${seen.verdict}${why}. People decide`
      run.view.observations.push({ note, actor: OWN_NAME, at: now() })
      return false
    }
    history.push({ results: seen.results })
  }
  return true
}

/**
 * One look as at a checkpoint, once a way back has led somewhere: whether what was wrong is gone is seen, not inferred. What the run says
 * of it is what was measured then. Never throws.
 */
export async function lookAfterRollback(run: Run): Promise<void> {
  const { plan } = run
  const { rollback, ledger } = run.view
  if (rollback === undefined || plan === null) return
  run.say(run.view.phase, 'taken back; looking once more as at a checkpoint')
  const expected = { schemaFingerprint: plan.schemaFingerprint, ledger: ledger?.applied ?? plan.ledger }
  const summary = 'Is it well behind the way back?'
  const { at, verdict, reasons } = await look(run, { number: 1, expected, history: [], summary })
  rollback.look = { at, verdict, reasons }
}

async function look(
  run: Run,
  {
    summary,
    ...input
  }: {
    summary: string
    number: number
    expected: { schemaFingerprint: string; ledger: string[] }
    history: Pick<Checkpoint, 'results'>[]
  },
): Promise<Pick<Checkpoint, 'at' | 'verdict' | 'reasons' | 'results'>> {
  const { target, monitoring } = run.request
  const { probes, thresholds, timeScale } = monitoring
  const sampling = scaledSampling(timeScale)
  const baseline = run.takenBaseline
  try {
    return recordedCheckpoint(
      await read.runCheckpoint.executeWithOptions({ summary }, [
        { target, probes, thresholds, baseline, sampling, ...input, plannedAt: now(), late: false },
      ]),
    )
  } catch (error) {
    if (isCancellation(error)) throw error
    return { at: now(), verdict: 'unknown', reasons: [noData(null, failureOf(error).message)], results: [] }
  }
}
