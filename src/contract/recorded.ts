import type { Checkpoint, MonitoringView, Reason } from './monitoring.js'
import type { RunView } from './run.js'

/**
 * What earlier versions recorded, as this one reads it. Histories and results of runs outlive the code that wrote them:
 * each shape that changed is read here, at the edge, and nowhere else.
 */
export function recordedRun(view: RunView): RunView {
  return view.monitoring === null ? view : { ...view, monitoring: recordedMonitoring(view.monitoring) }
}

export function recordedMonitoring(view: MonitoringView): MonitoringView {
  return { ...view, checkpoints: view.checkpoints.map(recordedCheckpoint) }
}

/** Reasons were sentences. */
export function recordedCheckpoint<One extends Pick<Checkpoint, 'reasons' | 'verdict'>>(
  checkpoint: One,
): One {
  const { verdict } = checkpoint
  const reasons = (checkpoint.reasons as readonly (Reason | string)[]).map((reason) =>
    typeof reason === 'string' ? sentence(reason, verdict) : reason,
  )
  return { ...checkpoint, reasons }
}

/** How much it weighed alone is not known any more: as much as the checkpoint. */
function sentence(text: string, verdict: Checkpoint['verdict']): Reason {
  const weight = verdict === 'healthy' ? 'degraded' : verdict
  return { criterion: 'not-recorded', probe: null, verdict: weight, measured: null, limit: null, text }
}
