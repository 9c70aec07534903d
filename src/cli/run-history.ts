import { defaultPayloadConverter } from '@temporalio/common'
import type { Baseline } from '../contract/monitoring.js'
import type { Plan } from '../contract/plan.js'
import type { MigrationRequest } from '../contract/run.js'
import type { Session } from './session.js'
import { explainTemporal } from './temporal-failure.js'

/** What a run was started with and what its activities found: from its history, so no worker is needed. */
export interface RunHistory {
  request: MigrationRequest | null
  /** The newest one. */
  plan: Plan | null
  baseline: Baseline | null
}

/** Throws `RunNotFound`. No billable action. */
export async function readRunHistory(
  session: Session,
  workflowId: string,
  runId?: string,
): Promise<RunHistory> {
  const found: RunHistory = { request: null, plan: null, baseline: null }
  const scheduled = new Map<string, string>()
  const history = await session.client.workflow
    .getHandle(workflowId, runId)
    .fetchHistory()
    .catch((error: unknown) => {
      throw explainTemporal(error, workflowId)
    })
  for (const event of history.events ?? []) {
    const started = event.workflowExecutionStartedEventAttributes
    if (started) found.request = firstValue<MigrationRequest>(started.input)
    const activity = event.activityTaskScheduledEventAttributes
    if (activity) scheduled.set(String(event.eventId), activity.activityType?.name ?? '')
    const completed = event.activityTaskCompletedEventAttributes
    if (!completed) continue
    const type = scheduled.get(String(completed.scheduledEventId))
    if (type === 'rehearse') found.plan = firstValue<Plan>(completed.result)
    if (type === 'takeBaseline') found.baseline = firstValue<Baseline>(completed.result)
  }
  return found
}

type Payloads =
  { payloads?: Parameters<typeof defaultPayloadConverter.fromPayload>[0][] | null } | null | undefined

function firstValue<T>(payloads: Payloads): T | null {
  const payload = payloads?.payloads?.[0]
  return payload === undefined ? null : defaultPayloadConverter.fromPayload<T>(payload)
}
