import { RunbookError } from '../../contract/failures.js'
import type { RunView } from '../../contract/run.js'

/** Throws `NotAdmitted` and `ConfigInvalid` of a run that is over already, with its ids. */
export function refuseUnadmitted(
  admitted: RunView | undefined,
  started: { workflowId: string; runId: string },
): void {
  const failure = admitted?.failure
  if (failure?.type !== 'NotAdmitted' && failure?.type !== 'ConfigInvalid') return
  const { type, message, advice } = failure
  throw new RunbookError(type, message, { advice, details: { ...started } })
}
