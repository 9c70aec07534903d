import { RunbookError, messageOf } from '../contract/failures.js'
import { shellWord } from '../contract/shell.js'
import { command, words } from '../contract/next-command.js'
import { failureMessage, WORKER_KEY_MISSING } from '../temporal/codec/data-converter.js'
import type { Session } from './session.js'
import { explainGone } from './run-over.js'
import { explainTemporal, isOtherCode, isSilence, isStuck } from './temporal-failure.js'
import { readPollers, workerMissing } from './worker-presence.js'
import { KEYS_VARIABLE } from '../temporal/codec/keys.js'

/** How long finding out who is silent may take, each look. Milliseconds. */
const LOOK_MS = 5_000

/** Numbers of Temporal's `EventType`: a workflow task that a worker did, and one that it failed. */
const TASK_COMPLETED = 7
const TASK_FAILED = 9
/** Looked back from the end of the history: signals may have come since. */
const LAST_EVENTS = 50

interface AskedRun {
  workflowId: string
  runId?: string | undefined
}

/**
 * What stands behind a question to a worker that failed: the server is away, nobody polls, somebody polls but cannot replay the
 * run, or has not answered. Anything else as {@link explainGone} has it.
 */
export async function explainAsked(session: Session, error: unknown, run: AskedRun): Promise<unknown> {
  if (!isSilence(error) && !isStuck(error)) return explainGone(session, error, run)
  try {
    return await session.client.withDeadline(Date.now() + LOOK_MS, () => whoIsSilent(session, error, run))
  } catch (failure) {
    return explainTemporal(failure, run.workflowId, run.runId)
  }
}

async function whoIsSilent(session: Session, error: unknown, run: AskedRun): Promise<RunbookError> {
  const { taskQueue, runId } = await session.client.workflow.getHandle(run.workflowId, run.runId).describe()
  const { polling, lastAt } = await readPollers(session, taskQueue)
  if (!polling) return workerMissing(taskQueue, lastAt, error)
  const failed = await failedTask(session, { workflowId: run.workflowId, runId })
  if (failed?.type === WORKER_KEY_MISSING) return keyMissing(taskQueue, failed, error)
  if (failed !== undefined) return cannotReplay(run, taskQueue, failed, error)
  if (isOtherCode(error)) return cannotReplay(run, taskQueue, { reason: messageOf(error) }, error)
  return new RunbookError(
    'WorkerSilent',
    `A worker polls the task queue ${taskQueue}, and does not answer.`,
    {
      advice: 'It may have too much to do, or hang: look at its log. A run that was started waits for it.',
      cause: error,
    },
  )
}

/** A failure tells that code and history do not fit, and not which of the two is not ours. */
function cannotReplay(
  { workflowId }: AskedRun,
  taskQueue: string,
  { reason, since }: { reason: string; since?: number },
  cause: unknown,
): RunbookError {
  return new RunbookError(
    'WorkerCannotReplay',
    `A worker polls the task queue ${taskQueue}, but cannot carry this run on: ${reason}`,
    {
      advice: words`Why is not known from here: its code is another than the run began with, or other code than ours answered for the run. Stop it, and start a worker of the version that the run began with. Where no version goes on, end the run by temporal workflow terminate --workflow-id ${shellWord(workflowId)}, and go on from what the database holds: ${command('adopt-run')}. Until then the run waits, and begins nothing.`,
      cause,
      ...(since === undefined ? {} : { details: { since } }),
    },
  )
}

function keyMissing(taskQueue: string, failed: FailedTask, cause: unknown): RunbookError {
  return new RunbookError(
    'WorkerKeyMissing',
    `A worker polls the task queue ${taskQueue}, but cannot read this run: ${failed.reason}`,
    {
      advice: `Start it again with that key in ${KEYS_VARIABLE}. The run waits, and nothing is lost.`,
      cause,
      details: { since: failed.since },
    },
  )
}

interface FailedTask {
  reason: string
  /** Of the failure, where a worker gave one. */
  type: string | undefined
  /** Epoch milliseconds. */
  since: number
}

/** The task that workers fail at since the last one that was done; undefined where the newest one was done. */
async function failedTask(
  { client }: Session,
  execution: { workflowId: string; runId: string },
): Promise<FailedTask | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution,
    maximumPageSize: LAST_EVENTS,
  })
  for (const event of history?.events ?? []) {
    const type = Number(event.eventType)
    if (type === TASK_COMPLETED) return undefined
    if (type !== TASK_FAILED) continue
    const failure = event.workflowTaskFailedEventAttributes?.failure
    return {
      reason: (await failureMessage(client, failure)) ?? 'its workflow code fails',
      type: failure?.applicationFailureInfo?.type ?? undefined,
      since: Number(event.eventTime?.seconds ?? 0) * 1000,
    }
  }
  return undefined
}
