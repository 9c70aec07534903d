import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client'
import { DATABASE_MEMO, WORKFLOW_TYPES } from '../contract/names.js'
import type { MigrationRequest } from '../contract/run.js'
import { requestLine } from '../runbook/people/provenance.js'
import { demandFitting } from './request-size.js'
import { newestRunOf, runIdOf } from './run-id.js'
import type { Session } from './session.js'
import { alreadyRunning, explainTemporal } from './temporal-failure.js'

/** One run of a database's workflow. */
export interface StartedRun {
  workflowId: string
  runId: string
}

/** Throws `AlreadyRunning`: said before the work that a request is, and again by Temporal itself at the start. */
export async function refuseSecondStart(
  session: Session,
  target: Parameters<typeof runIdOf>[1],
): Promise<void> {
  const workflowId = await runIdOf(session, target)
  const { environment } = target
  const newest = await newestRunOf(session, workflowId)
  if (newest?.open === true) throw alreadyRunning(workflowId, { environment })
}

/**
 * Starts the workflow; Temporal refuses a second one of the same database. Throws `ConfigInvalid` for a request that Temporal would not take,
 * `AlreadyRunning`, `TemporalUnreachable`.
 */
export async function startRun(
  session: Session,
  taskQueue: string,
  request: MigrationRequest,
): Promise<StartedRun> {
  demandFitting(request)
  const { environment, database } = request.target
  const workflowId = await runIdOf(session, request.target)
  try {
    const handle = await session.client.workflow.start(WORKFLOW_TYPES.migration, {
      workflowId,
      taskQueue,
      args: [request],
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
      memo: { [DATABASE_MEMO]: database.name },
      staticSummary: `${verbOf(request)} ${database.name} (${environment})`,
      staticDetails: `${requestLine(request)}; ${request.files.length} migration files travel with it.`,
    })
    return { workflowId, runId: handle.firstExecutionRunId }
  } catch (error) {
    throw explainTemporal(error, workflowId)
  }
}

function verbOf({ adopt, lostRun }: MigrationRequest): string {
  if (adopt !== undefined) return 'Adopt'
  return lostRun === undefined ? 'Migrate' : 'Go on with'
}
