import { WorkflowNotFoundError } from '@temporalio/client'
import { checkoutOf, checkoutWorkflowId } from '../contract/checkout.js'
import { migrationWorkflowId } from '../contract/names.js'
import { targetSchema, type Target } from '../contract/target.js'
import type { TemporalClient } from './connection.js'
import { realFolder } from './home.js'
import { requestOf } from './started-with.js'

/**
 * The ID of an open run of the same local database that was begun before this one, under its other workflow ID; undefined where there is
 * none. Of two that begin at once exactly one is told of the other. Throws what Temporal throws when it does not answer, and `KeyMissing`.
 */
export async function findOtherRun(
  session: Pick<TemporalClient, 'client'>,
  own: string,
  target: Target,
): Promise<string | undefined> {
  const ids = [migrationWorkflowId(target.environment, target.database.id), checkoutWorkflowId(target)]
  const other = ids.find((id) => id !== own)
  if (other === undefined) return undefined
  const [ours, theirs] = await Promise.all([openRun(session, own), openRun(session, other)])
  if (theirs === undefined) return undefined
  if (ours !== undefined && order(own, ours) < order(other, theirs)) return undefined
  const asked: { target?: unknown } | null = await requestOf(session.client, theirs)
  // Under the ID of the database alone another checkout may run, whose database has the same ID; what cannot be read no worker admits.
  const { data } = targetSchema.safeParse(asked?.target)
  return data !== undefined && placeOf(data) === placeOf(target) ? other : undefined
}

interface Open {
  workflowId: string
  runId: string
  startedAt: string
}

async function openRun(
  { client }: Pick<TemporalClient, 'client'>,
  workflowId: string,
): Promise<Open | undefined> {
  try {
    const { runId, status, startTime } = await client.workflow.getHandle(workflowId).describe()
    return status.name === 'RUNNING' ? { workflowId, runId, startedAt: startTime.toISOString() } : undefined
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw error
  }
}

function order(workflowId: string, { startedAt }: Open): string {
  return `${startedAt} ${workflowId}`
}

function placeOf(target: Parameters<typeof checkoutOf>[0]): string | undefined {
  const place = checkoutOf(target)
  return place === undefined ? undefined : realFolder(place)
}
