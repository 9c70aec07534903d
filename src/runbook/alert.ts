import type { Checkpoint, MonitoringAlert, Thresholds } from '../contract/monitoring.js'

/**
 * Whether people must act after the newest checkpoint: enough breaches in a row, too long without data, or good again.
 * Says each thing once: at the checkpoint that completes the row, not at every one after it.
 */
export function alertFor(input: {
  checkpoints: readonly Checkpoint[]
  thresholds: Pick<Thresholds, 'consecutiveBreaches' | 'unknownsBeforeAlert'>
}): MonitoringAlert | null {
  const { checkpoints, thresholds } = input
  const newest = checkpoints.at(-1)
  if (newest === undefined) return null
  const breaches = trailing(checkpoints, 'breached')
  if (breaches === thresholds.consecutiveBreaches) {
    const reasons = newest.reasons.join('; ')
    return {
      kind: 'breach',
      checkpoint: newest,
      message: `${String(breaches)} breaches in a row: ${reasons}`,
    }
  }
  const unknowns = trailing(checkpoints, 'unknown')
  if (unknowns === thresholds.unknownsBeforeAlert) {
    const reasons = newest.reasons.join('; ')
    return {
      kind: 'blind',
      checkpoint: newest,
      message: `${String(unknowns)} checkpoints without data: ${reasons}`,
    }
  }
  const before = checkpoints.slice(0, -1)
  const alerted = trailing(before, 'breached') >= thresholds.consecutiveBreaches
  if (newest.verdict === 'healthy' && alerted) {
    return { kind: 'recovered', checkpoint: newest, message: 'The last checkpoint is healthy again' }
  }
  return null
}

function trailing(checkpoints: readonly Checkpoint[], verdict: Checkpoint['verdict']): number {
  const firstOther = checkpoints.findLastIndex((checkpoint) => checkpoint.verdict !== verdict)
  return checkpoints.length - 1 - firstOther
}
