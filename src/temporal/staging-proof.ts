import type { Client } from '@temporalio/client'
import { defaultPayloadConverter } from '@temporalio/common'
import { WORKFLOW_TYPES } from '../contract/names.js'
import type { MigrationRequest } from '../contract/run.js'
import type { MigrationRef } from '../contract/target.js'

/** How many completed runs are looked at, newest first: older proofs are of older files. */
const RUNS_LOOKED_AT = 20

type Proven = Pick<MigrationRequest, 'files'>

/**
 * Looks for a completed run of exactly these files in another environment, such as staging. Exactly: same names, same
 * bytes, same order, for a run that left one out or had another one proves something else.
 * Returns its workflow and run ID, or null. Throws what Temporal throws when it does not answer.
 */
export async function findCompletedRun(
  client: Client,
  { environment, files }: { environment: string; files: MigrationRef[] },
): Promise<string | null> {
  const query =
    `WorkflowType = '${WORKFLOW_TYPES.migration}' AND RunbookOutcome = 'completed' ` +
    `AND RunbookEnvironment = '${environment.replaceAll("'", "''")}'`
  let looked = 0
  for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: RUNS_LOOKED_AT })) {
    looked += 1
    if (looked > RUNS_LOOKED_AT) break
    if (sameFiles(await filesOf(client, { workflowId, runId }), files)) return `${workflowId} (run ${runId})`
  }
  return null
}

/** The files that a run was started with: its first event holds the request. One page of one event, not the history. */
async function filesOf(
  client: Client,
  execution: { workflowId: string; runId: string },
): Promise<MigrationRef[]> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution,
    maximumPageSize: 1,
  })
  const [payload] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? []
  if (payload === undefined) return []
  return defaultPayloadConverter.fromPayload<Proven>(payload).files
}

function sameFiles(one: MigrationRef[], other: MigrationRef[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ name, sha256 }, index) => name === other[index]?.name && sha256 === other[index].sha256)
  )
}
