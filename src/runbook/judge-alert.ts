import type { Checkpoint, MonitoringAlert, Thresholds } from '../contract/monitoring.js'

/** `alert: null`: nothing new to tell. The counts are those after the newest checkpoint. */
export interface BreachDecision {
  alert: MonitoringAlert['kind'] | null
  message: string
  /** Breaches in a row; missing data neither adds to them nor ends them. */
  breaches: number
  /** Checkpoints without data in a row. */
  unknowns: number
}

/**
 * Whether people must be told after the newest checkpoint. Each episode is told once: `breach` and `blind` when the row
 * gets long enough, `recovered` when it ends.
 */
export function breachDecision(input: {
  checkpoints: readonly Pick<Checkpoint, 'number' | 'verdict' | 'reasons'>[]
  thresholds: Pick<Thresholds, 'consecutiveBreaches' | 'unknownsBeforeAlert'>
}): BreachDecision {
  const { consecutiveBreaches, unknownsBeforeAlert } = input.thresholds
  const now = rows(input.checkpoints)
  const before = rows(input.checkpoints.slice(0, -1))
  const newest = input.checkpoints.at(-1)
  const told = (alert: BreachDecision['alert'], message: string): BreachDecision => ({
    alert,
    message,
    ...now,
  })
  if (newest === undefined) return told(null, 'no checkpoint yet')
  const what = newest.reasons.join('; ')
  if (newest.verdict === 'breached' && now.breaches === consecutiveBreaches) {
    return told('breach', `${row(now.breaches, 'breached')}: ${what}`)
  }
  if (newest.verdict === 'unknown' && now.unknowns === unknownsBeforeAlert) {
    return told('blind', `${row(now.unknowns, 'without data')}: ${what}`)
  }
  const wasBad = before.breaches >= consecutiveBreaches && now.breaches === 0
  const wasBlind =
    before.unknowns >= unknownsBeforeAlert && now.unknowns === 0 && newest.verdict !== 'breached'
  if (wasBad || wasBlind)
    return told('recovered', `checkpoint ${String(newest.number)} is ${newest.verdict} again`)
  return told(null, what)
}

function rows(checkpoints: readonly Pick<Checkpoint, 'verdict'>[]): { breaches: number; unknowns: number } {
  let breaches = 0
  let unknowns = 0
  for (const { verdict } of checkpoints) {
    switch (verdict) {
      case 'breached':
        breaches += 1
        unknowns = 0
        break
      case 'unknown':
        unknowns += 1
        break
      case 'healthy':
      case 'degraded':
        breaches = 0
        unknowns = 0
        break
    }
  }
  return { breaches, unknowns }
}

function row(length: number, what: string): string {
  return length === 1 ? `a checkpoint ${what}` : `${String(length)} checkpoints in a row ${what}`
}
