import type { MigrationRequest } from '../contract/run.js'
import { firstValue } from './codec/data-converter.js'
import type { TemporalClient } from './connection.js'

/** The request that a run was started with, which its first event holds: one page of one event, not the history. Throws `KeyMissing`. */
export async function requestOf(
  client: TemporalClient['client'],
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<MigrationRequest | null> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  })
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes
  return firstValue<MigrationRequest>(client, started?.input)
}
