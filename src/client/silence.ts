import { QueryNotRegisteredError } from '@temporalio/client'
import { RunbookError } from '../contract/failures.js'
import { shellWord } from '../contract/shell.js'
import { command, words } from '../contract/next-command.js'
import { failureMessage, WORKER_KEY_MISSING } from '../temporal/codec/data-converter.js'
import type { Session } from './session.js'
import { explainGone } from './run-over.js'
import { explainTemporal, isSilence, isStuck, saysOtherCode } from './temporal-failure.js'
import { readPollers, workerMissing } from './worker-presence.js'
import { KEYS_VARIABLE } from '../temporal/codec/keys.js'

/** How long finding out who is silent may take, each look. Milliseconds. */
const LOOK_MS = 5_000

/** Numbers of Temporal's `EventType`: a workflow task that a worker did, and one that it failed. */
const TASK_COMPLETED = 7
const TASK_TIMED_OUT = 8
const TASK_FAILED = 9
/** Of its `WorkflowTaskFailedCause`: code and history do not fit. */
const NON_DETERMINISTIC = 24
/**
 * Tasks that the server gave up itself, for something came meanwhile or was reset: unhandled command 1, sticky queue reset 13, forced
 * close 17, failover 18, reset 20, unhandled update 31. They say nothing of the worker.
 */
const OF_THE_SERVER: ReadonlySet<number> = new Set([1, 13, 17, 18, 20, 31])
/** Looked back from the end of the history: signals may have come since. */
const LAST_EVENTS = 50

interface AskedRun {
  workflowId: string
  runId?: string | undefined
}

/**
 * What stands behind a question to a worker that failed: the server is away, nobody polls, somebody polls but cannot replay the
 * run or fails at it, or has not answered. Anything else as {@link explainGone} has it.
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
  if (failed !== undefined) return (failed.otherCode ? cannotReplay : fails)(run, taskQueue, failed, error)
  if (error instanceof QueryNotRegisteredError) {
    const { message: reason } = error
    return (saysOtherCode(reason) ? cannotReplay : fails)(run, taskQueue, { reason }, error)
  }
  // The server refuses, too, once it gave a task three times, whether it failed or was only not done in time.
  return new RunbookError(
    'WorkerSilent',
    `A worker polls the task queue ${taskQueue}, and does not answer.`,
    {
      advice:
        'It may have too much to do, hang, be suspended, or fail: look at its log. A run that was started waits for it.',
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

/** Something else than other code went wrong, as far as is known: nothing is advised that ends the worker or the run. */
function fails(
  _run: AskedRun,
  taskQueue: string,
  { reason, since }: { reason: string; since?: number },
  cause: unknown,
): RunbookError {
  return new RunbookError(
    'WorkerFails',
    `A worker polls the task queue ${taskQueue}, but fails at this run: ${reason}`,
    {
      advice:
        'Why is not known from here: look at its log. Until it goes on, the run waits, and begins nothing.',
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
  /** Whether the failure is that code and history do not fit. */
  otherCode: boolean
  /** Epoch milliseconds. */
  since: number
}

/**
 * The task that workers fail at since the last one that was done; undefined where the newest one was done, was not done in time, or was
 * given up by the server. Of a task's tries only the first is kept.
 */
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
    if (type === TASK_COMPLETED || type === TASK_TIMED_OUT) return undefined
    if (type !== TASK_FAILED) continue
    const { cause, failure } = event.workflowTaskFailedEventAttributes ?? {}
    if (OF_THE_SERVER.has(Number(cause))) return undefined
    const reason = await failureMessage(client, failure)
    return {
      reason: reason ?? 'its workflow code fails',
      type: failure?.applicationFailureInfo?.type ?? undefined,
      otherCode: Number(cause) === NON_DETERMINISTIC || saysOtherCode(reason ?? ''),
      since: Number(event.eventTime?.seconds ?? 0) * 1000,
    }
  }
  return undefined
}
