import type { Baseline } from '../contract/monitoring.js'
import type { Plan } from '../contract/plan.js'
import type { MigrationRequest } from '../contract/run.js'
import { firstValue, type Payloads } from '../temporal/codec/data-converter.js'
import { RunbookError } from '../contract/failures.js'
import { requestOf } from '../temporal/started-with.js'
import type { Session } from './session.js'
import { explainTemporal } from './temporal-failure.js'

/** What a run was started with and what its activities found: from its history, so no worker is needed. */
export interface RunHistory {
  request: MigrationRequest | null
  /** The newest one. */
  plan: Plan | null
  baseline: Baseline | null
}

/** Throws `RunNotFound`, `KeyMissing`. No billable action. */
export async function readRunHistory(
  session: Session,
  workflowId: string,
  runId?: string,
): Promise<RunHistory> {
  const found: Partial<Record<keyof RunHistory, Payloads>> = {}
  const scheduled = new Map<string, string>()
  const history = await session.client.workflow
    .getHandle(workflowId, runId)
    .fetchHistory()
    .catch((error: unknown) => {
      throw explainTemporal(error, workflowId, runId)
    })
  for (const event of history.events ?? []) {
    const started = event.workflowExecutionStartedEventAttributes
    if (started) found.request = started.input
    const activity = event.activityTaskScheduledEventAttributes
    if (activity) scheduled.set(String(event.eventId), activity.activityType?.name ?? '')
    const completed = event.activityTaskCompletedEventAttributes
    if (!completed) continue
    const type = scheduled.get(String(completed.scheduledEventId))
    if (type === 'rehearse') found.plan = completed.result
    if (type === 'takeBaseline') found.baseline = completed.result
  }
  const { client } = session
  return {
    request: await firstValue<MigrationRequest>(client, found.request),
    plan: await firstValue<Plan>(client, found.plan),
    baseline: await firstValue<Baseline>(client, found.baseline),
  }
}

/** What a run was started with: its first event alone. Throws `RunNotFound`, `KeyMissing`. No billable action, and no worker is needed. */
export async function readRequest(
  session: Session,
  execution: { workflowId: string; runId: string },
): Promise<MigrationRequest | null> {
  try {
    return await requestOf(session.client, execution)
  } catch (error) {
    if (error instanceof RunbookError) throw error
    throw explainTemporal(error, execution.workflowId)
  }
}
