import { WORKFLOW_TYPES } from '../contract/names.js'
import type { MigrationRef } from '../contract/target.js'
import { RunbookError } from '../contract/failures.js'
import type { TemporalClient } from './connection.js'
import { requestOf } from './started-with.js'

/** How many completed runs are looked at, newest first: older proofs are of older files. */
const RUNS_LOOKED_AT = 20

/**
 * Looks for a completed run of exactly these files in another environment, such as staging. Exactly: same names, same
 * bytes, same order, for a run that left one out or had another one proves something else.
 * Returns its workflow and run ID, or null. Throws what Temporal throws when it does not answer, and `KeyMissing` where none of
 * those that can be read is a proof, and one cannot be read.
 */
export async function findCompletedRun(
  { client, listing }: Pick<TemporalClient, 'client' | 'listing'>,
  { environment, files }: { environment: string; files: MigrationRef[] },
): Promise<string | null> {
  const query =
    `WorkflowType = '${WORKFLOW_TYPES.migration}' AND RunbookOutcome = 'completed' ` +
    `AND RunbookEnvironment = '${environment.replaceAll("'", "''")}'`
  let looked = 0
  let locked: RunbookError | undefined
  for await (const { workflowId, runId } of listing.workflow.list({ query, pageSize: RUNS_LOOKED_AT })) {
    looked += 1
    if (looked > RUNS_LOOKED_AT) break
    try {
      if (sameFiles(await filesOf(client, { workflowId, runId }), files))
        return `${workflowId} (run ${runId})`
    } catch (error) {
      if (!(error instanceof RunbookError) || error.type !== 'KeyMissing') throw error
      locked = error
    }
  }
  if (locked !== undefined) throw locked
  return null
}

async function filesOf(
  client: TemporalClient['client'],
  execution: { workflowId: string; runId: string },
): Promise<MigrationRef[]> {
  const request = await requestOf(client, execution)
  // One that recorded what was there ran nothing, nor one that looks after what a lost run did.
  return request?.adopt === undefined && request?.lostRun === undefined ? (request?.files ?? []) : []
}

function sameFiles(one: MigrationRef[], other: MigrationRef[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ name, sha256 }, index) => name === other[index]?.name && sha256 === other[index].sha256)
  )
}
