import { WorkflowNotFoundError } from '@temporalio/client'
import type { TemporalClient } from './connection.js'

export interface NewestRun {
  runId: string
  open: boolean
  startedAt: Date
}

/** The newest run of an ID, undefined where it never had one. No billable action. Throws what Temporal throws when it does not answer. */
export async function newestRun(
  { client }: Pick<TemporalClient, 'client'>,
  workflowId: string,
): Promise<NewestRun | undefined> {
  try {
    const { runId, status, startTime } = await client.workflow.getHandle(workflowId).describe()
    return { runId, open: status.name === 'RUNNING', startedAt: startTime }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}
