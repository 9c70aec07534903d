import type { WorkflowExecutionDescription } from '@temporalio/client'
import { RunbookError } from '../contract/failures.js'
import { at, command, words } from '../contract/next-command.js'
import { searchAttribute } from './list.js'
import type { Session } from './session.js'
import { explainTemporal, isMissing } from './temporal-failure.js'

/** What whoever asks something of a run is told once it is over, `RunNotFound`; undefined of one that is under way. */
export function runOver(
  run: Pick<WorkflowExecutionDescription, 'workflowId' | 'status' | 'searchAttributes'>,
): RunbookError | undefined {
  const { workflowId, status } = run
  if (status.name === 'RUNNING') return undefined
  return new RunbookError('RunNotFound', `The run ${workflowId} is over${howItEnded(run)}.`, {
    advice: words`See how it ended: ${at({ run: workflowId }, command('show'))}`,
  })
}

/** Temporal's word says only how the workflow ended: a run whose migration failed is `COMPLETED` too. */
function howItEnded(run: Pick<WorkflowExecutionDescription, 'status' | 'searchAttributes'>): string {
  if (run.status.name !== 'COMPLETED') return `: ended from outside (${run.status.name.toLowerCase()})`
  const outcome = searchAttribute(run, 'RunbookOutcome')
  return outcome === null ? '' : `: ${outcome}`
}

/** As {@link explainTemporal}; where Temporal says of a run that is over that there is none, it says that it is over. One call. */
export async function explainGone(
  session: Session,
  error: unknown,
  run: { workflowId: string; runId?: string | undefined },
): Promise<unknown> {
  const { workflowId, runId } = run
  const plain = explainTemporal(error, workflowId, runId)
  if (!isMissing(error)) return plain
  try {
    return runOver(await session.client.workflow.getHandle(workflowId, runId).describe()) ?? plain
  } catch {
    return plain
  }
}
