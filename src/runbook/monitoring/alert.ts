import type { Checkpoint, MonitoringAlert, Thresholds } from '../../contract/monitoring.js'
import { reasonTexts } from '../../contract/reasons.js'
import { independentLooks } from './independent-checkpoints.js'

/**
 * Whether people must act after the newest checkpoint: enough breaches in a row, too long without data, or good again.
 * Each episode is told once: when its row gets long enough, and when it ends. Missing data neither adds to a row of
 * breaches nor ends it: not seeing is no recovery. `apartMs`: how far apart looks are that count for themselves, see
 * {@link independentLooks}.
 */
export function alertFor(input: {
  checkpoints: readonly Checkpoint[]
  thresholds: Pick<Thresholds, 'consecutiveBreaches' | 'unknownsBeforeAlert'>
  apartMs: number
}): MonitoringAlert | null {
  const { consecutiveBreaches, unknownsBeforeAlert } = input.thresholds
  const looks = independentLooks(input.checkpoints, input.apartMs)
  const checkpoint = input.checkpoints.at(-1)
  if (checkpoint === undefined || looks.at(-1) !== checkpoint) return null
  const now = rowsOf(looks)
  const before = rowsOf(independentLooks(input.checkpoints.slice(0, -1), input.apartMs))
  const reasons = reasonTexts(checkpoint.reasons).join('; ')

  switch (checkpoint.verdict) {
    case 'breached':
      if (now.breaches < consecutiveBreaches || before.breaches >= consecutiveBreaches) return null
      return { kind: 'breach', checkpoint, message: `${row(now.breaches, 'breached')}: ${reasons}` }
    case 'unknown':
      if (now.unknowns < unknownsBeforeAlert || before.unknowns >= unknownsBeforeAlert) return null
      return { kind: 'blind', checkpoint, message: `${row(now.unknowns, 'without data')}: ${reasons}` }
    case 'healthy':
    case 'degraded':
      if (before.breaches < consecutiveBreaches && before.unknowns < unknownsBeforeAlert) return null
      return {
        kind: 'recovered',
        checkpoint,
        message: `checkpoint ${checkpoint.number} is ${checkpoint.verdict} again`,
      }
  }
}

function rowsOf(checkpoints: readonly Pick<Checkpoint, 'verdict'>[]): { breaches: number; unknowns: number } {
  let breaches = 0
  let unknowns = 0
  for (const { verdict } of checkpoints) {
    unknowns = verdict === 'unknown' ? unknowns + 1 : 0
    if (verdict === 'breached') breaches += 1
    else if (verdict !== 'unknown') breaches = 0
  }
  return { breaches, unknowns }
}

function row(length: number, what: string): string {
  return length === 1 ? `a checkpoint ${what}` : `${length} checkpoints in a row ${what}`
}
