import { RunbookError } from '../contract/failures.js'
import { WORKFLOW_TYPES } from '../contract/names.js'
import type { TemporalClient } from './connection.js'
import { keyIdOf, keyMissing } from './codec/encryption.js'

/** Looked at when a worker starts, newest first. */
const MOST_RUNS = 1_000

/**
 * A worker without the key of a run would fail at each of its tasks, and use up the tries of its activities: better that it says so
 * before it polls. Throws `KeyMissing` with the runs that it met.
 */
export async function demandKeysOfOpenRuns(
  { listing, codecKeys }: Pick<TemporalClient, 'listing' | 'codecKeys'>,
  taskQueue: string,
): Promise<void> {
  const query = `WorkflowType = '${WORKFLOW_TYPES.migration}' AND ExecutionStatus = 'Running'`
  const locked = new Map<string, string[]>()
  let looked = 0
  for await (const run of listing.workflow.list({ query, pageSize: 100 })) {
    looked += 1
    if (looked > MOST_RUNS) break
    if (run.taskQueue !== taskQueue) continue
    for (const payload of Object.values(run.raw.memo?.fields ?? {})) {
      const id = keyIdOf(payload)
      if (id === undefined || codecKeys.keys.has(id)) continue
      locked.set(id, [...(locked.get(id) ?? []), run.workflowId])
    }
  }
  const [first] = locked
  if (first === undefined) return
  const [id, runs] = first
  const { message, adviceWords: advice } = keyMissing(id, codecKeys)
  throw new RunbookError('KeyMissing', `${runs[0] ?? 'A run'} is under way on ${taskQueue}. ${message}`, {
    advice,
    details: { runs },
  })
}
