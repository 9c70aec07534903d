import { checkoutOf, checkoutWorkflowId } from '../contract/checkout.js'
import { migrationWorkflowId } from '../contract/names.js'
import { targetSchema, type Target } from '../contract/target.js'
import type { TemporalClient } from './connection.js'
import { realFolder } from './home.js'
import { newestRun, type NewestRun } from './newest-run.js'
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
  const [ours, theirs] = await Promise.all([newestRun(session, own), newestRun(session, other)])
  if (theirs?.open !== true) return undefined
  if (ours?.open === true && order(own, ours) < order(other, theirs)) return undefined
  const asked: { target?: unknown } | null = await requestOf(session.client, {
    workflowId: other,
    runId: theirs.runId,
  })
  // Under the ID of the database alone another checkout may run, whose database has the same ID; what cannot be read no worker admits.
  const { data } = targetSchema.safeParse(asked?.target)
  return data !== undefined && placeOf(data) === placeOf(target) ? other : undefined
}

function order(workflowId: string, { startedAt }: NewestRun): string {
  return `${startedAt.toISOString()} ${workflowId}`
}

function placeOf(target: Parameters<typeof checkoutOf>[0]): string | undefined {
  const place = checkoutOf(target)
  return place === undefined ? undefined : realFolder(place)
}
