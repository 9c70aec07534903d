import { defined } from '../contract/defined.js'
import type { RunView } from '../contract/run.js'
import { stepTimes } from './step-times.js'

/**
 * What a team compares from run to run: durations in milliseconds, no texts. One JSON line a run. `checkpointsAsOf`: they are the counts
 * of that time, and what was seen after it is not known.
 */
export function metricsLine(view: RunView): string {
  const closedAt = view.closedAt ?? view.startedAt
  const failed = view.announcements
    .flatMap(({ deliveries }) => deliveries)
    .filter(({ delivered }) => !delivered)
  const metrics = {
    at: closedAt,
    workflowId: view.workflowId,
    runId: view.runId,
    environment: view.environment,
    database: view.database.id,
    outcome: view.outcome,
    durationMs: Date.parse(closedAt) - Date.parse(view.startedAt),
    steps: Object.fromEntries(
      view.steps.flatMap((step) => {
        const times = stepTimes(step)
        return times === undefined ? [] : [[step.step, times.workMs]]
      }),
    ),
    migrations: view.migrations.map(({ name, state, durationMs }) => ({ name, state, durationMs })),
    checkpoints: view.monitoring?.verdicts ?? {},
    ...defined({ checkpointsAsOf: view.monitoring?.asOf }),
    decisions: view.gates.reduce(
      (sum, { decisions, earlier = [] }) => sum + decisions.length + earlier.length,
      0,
    ),
    refused: view.refused.length + (view.refusedBeyond ?? 0),
    issues: view.issues.length + (view.issuesBeyond ?? 0),
    failedDeliveries: failed.length,
  }
  return `${JSON.stringify(metrics)}\n`
}
