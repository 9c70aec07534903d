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
  /** A breach that goes on is told again this often; absent: once. Milliseconds. */
  againMs?: number
}): MonitoringAlert | null {
  const { consecutiveBreaches, unknownsBeforeAlert } = input.thresholds
  const looks = independentLooks(input.checkpoints, input.apartMs)
  const checkpoint = input.checkpoints.at(-1)
  if (checkpoint === undefined || looks.at(-1) !== checkpoint) return null
  const now = rowsOf(looks)
  const before = rowsOf(independentLooks(input.checkpoints.slice(0, -1), input.apartMs))
  const reasons = reasonTexts(checkpoint.reasons).join('; ')

  switch (checkpoint.verdict) {
    case 'breached': {
      if (now.breaches < consecutiveBreaches) return null
      const message = `${row(now.breaches, 'breached')}: ${reasons}`
      if (before.breaches < consecutiveBreaches) return { kind: 'breach', checkpoint, message }
      if (!dueAgain(looks, consecutiveBreaches, input.againMs)) return null
      return { kind: 'continues', checkpoint, message }
    }
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

/** Looks come a moment early or late: what is due within a twentieth of the pause is due. */
const DUE = 0.95

/** Whether the newest look, a breach in a row that was told, is the one at which it is told again. */
function dueAgain(
  looks: readonly Pick<Checkpoint, 'verdict' | 'at'>[],
  consecutiveBreaches: number,
  againMs: number | undefined,
): boolean {
  if (againMs === undefined) return false
  let breaches = 0
  let toldAt: number | undefined
  let told = false
  for (const { verdict, at } of looks) {
    told = false
    if (verdict === 'unknown') continue
    breaches = verdict === 'breached' ? breaches + 1 : 0
    if (breaches === 0) toldAt = undefined
    if (breaches < consecutiveBreaches) continue
    told = toldAt === undefined || Date.parse(at) - toldAt >= againMs * DUE
    if (told) toldAt = Date.parse(at)
  }
  return told
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
