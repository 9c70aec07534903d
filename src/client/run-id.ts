import { WorkflowNotFoundError } from '@temporalio/client'
import { openContext, type ContextOptions } from '../config/context.js'
import { migrationWorkflowId } from '../contract/names.js'
import { checkoutOf, checkoutWorkflowId } from '../contract/checkout.js'
import { readRequest } from './run-history.js'
import { withSession, type Session } from './session.js'
import { explainTemporal } from './temporal-failure.js'

type Target = Parameters<typeof checkoutWorkflowId>[0]

/**
 * The ID under which runs of a target's database are: that of environment and database, and for a local database whose ID
 * another checkout has taken on this server, one of its own. No billable action. Throws `TemporalUnreachable`, `KeyMissing`.
 */
export async function runIdOf(session: Session, target: Target): Promise<string> {
  const plain = migrationWorkflowId(target.environment, target.database.id)
  if (target.database.remote) return plain
  const own = checkoutWorkflowId(target)
  if ((await newestRun(session, own)) !== undefined) return own
  const runId = await newestRun(session, plain)
  if (runId === undefined) return plain
  const request = await readRequest(session, { workflowId: plain, runId })
  return request === null || checkoutOf(request.target) === checkoutOf(target) ? plain : own
}

/** `work` with the run as typed, or that of the environment's database. Throws what {@link openContext} and {@link runIdOf} do. */
export async function withRun<T>(
  options: ContextOptions,
  id: string | undefined,
  work: (session: Session, workflowId: string) => Promise<T>,
): Promise<T> {
  if (id !== undefined && id !== '') return withSession(options.project, (session) => work(session, id))
  const { target } = await openContext(options, { touchesDatabase: false })
  return withSession(options.project, async (session) => work(session, await runIdOf(session, target)))
}

async function newestRun({ client }: Session, workflowId: string): Promise<string | undefined> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).runId
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined
    throw explainTemporal(error, workflowId)
  }
}
