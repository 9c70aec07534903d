import type { CheckpointVerdict, MonitoringView } from '../../contract/monitoring.js'
import { reasonTexts } from '../../contract/reasons.js'
import { plural } from '../../text/plural.js'

/** How the monitoring ended, by its last look; without any look nothing is known. */
export function finalVerdict({ checkpoints }: Pick<MonitoringView, 'checkpoints'>): CheckpointVerdict {
  return checkpoints.at(-1)?.verdict ?? 'unknown'
}

/** Degraded is within the runbook's limits; breached and unknown are not known to be well. */
export function endedHealthy(monitoring: Pick<MonitoringView, 'checkpoints'>): boolean {
  const verdict = finalVerdict(monitoring)
  return verdict === 'healthy' || verdict === 'degraded'
}

/** `34 checkpoints: 32 healthy, 1 degraded, 1 unknown`. */
export function verdictCounts({ verdicts }: Pick<MonitoringView, 'verdicts'>): string {
  const counts = Object.entries(verdicts).filter(([, count]) => count > 0)
  const looks = counts.reduce((sum, [, count]) => sum + count, 0)
  const text = counts.map(([verdict, count]) => `${count} ${verdict}`).join(', ')
  return text === '' ? 'no checkpoint' : `${plural(looks, 'checkpoint')}: ${text}`
}

/** The last look, with its reasons: `checkpoint 34 is breached: health: status 500`. */
export function lastLook({ checkpoints }: Pick<MonitoringView, 'checkpoints'>): string {
  const last = checkpoints.at(-1)
  if (last === undefined) return 'nothing was looked at'
  const why = reasonTexts(last.reasons).join('; ')
  return `checkpoint ${last.number} is ${last.verdict}${why === '' ? '' : `: ${why}`}`
}
