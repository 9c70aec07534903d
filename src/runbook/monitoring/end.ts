import type { Checkpoint, CheckpointVerdict, MonitoringView } from '../../contract/monitoring.js'
import { CHECKPOINT_VERDICTS } from '../../contract/names.js'
import { noData, reasonTexts } from '../../contract/reasons.js'
import { looksOf, onDemandText, verdictsText } from '../../text/looks.js'
import { zonedDateTime } from '../../text/clock.js'
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

/** How many checkpoints got each verdict. */
export function countVerdicts(
  checkpoints: readonly Pick<Checkpoint, 'verdict'>[],
): MonitoringView['verdicts'] {
  const count = (verdict: CheckpointVerdict): number =>
    checkpoints.filter((checkpoint) => checkpoint.verdict === verdict).length
  return Object.fromEntries(
    CHECKPOINT_VERDICTS.map((verdict) => [verdict, count(verdict)]),
  ) as MonitoringView['verdicts']
}

/**
 * What was seen, for a run that took the migration back from `since` (ISO 8601, UTC) on: a look that ended after that met our own way
 * back, and says nothing of the migrated database. Where the looks are not here, their counts stay as they were told: none that met it is
 * among them.
 */
export function seenUntil(view: MonitoringView, since: string): MonitoringView {
  if (view.asOf !== undefined) return view
  const checkpoints = view.checkpoints.map((one): Checkpoint =>
    Date.parse(one.at) < Date.parse(since)
      ? one
      : {
          ...{ ...one, verdict: 'unknown', results: [] },
          reasons: [noData(null, 'the migration was being taken back during this look')],
        },
  )
  return { ...view, checkpoints, verdicts: countVerdicts(checkpoints) }
}

/** `34 checkpoints: 32 healthy, 1 degraded, 1 unknown`. */
export function verdictCounts(
  monitoring: Pick<MonitoringView, 'verdicts' | 'checkpoints' | 'onDemand' | 'late'>,
): string {
  const { scheduled, onDemand } = looksOf(monitoring)
  const text = verdictsText(monitoring)
  return text === ''
    ? 'no checkpoint'
    : `${plural(scheduled, 'checkpoint')}${onDemandText(onDemand)}: ${text}`
}

/** The last look, with its reasons: `checkpoint 34 is breached: health: status 500`. */
export function lastLook({ checkpoints }: Pick<MonitoringView, 'checkpoints'>, timeZone: string): string {
  const last = checkpoints.at(-1)
  if (last === undefined) return 'nothing was looked at'
  const why = reasonTexts(last.reasons).join('; ')
  const which =
    last.extra === true
      ? `the look on demand of ${zonedDateTime(Date.parse(last.at), timeZone)}`
      : `checkpoint ${last.number}`
  return `${which} is ${last.verdict}${why === '' ? '' : `: ${why}`}`
}
