import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import type { Session } from './session.js'

/** A poller is asked again at least once a minute: one that was last seen earlier is gone. Milliseconds. */
const STILL_POLLING_MS = 75_000

const WORKFLOW_TASK_QUEUE = 1

/** Whether a worker polls the queue for workflow tasks. No billable action. */
export async function isWorkerPolling(session: Session, taskQueue: string): Promise<boolean> {
  return (await readPollers(session, taskQueue)).polling
}

/**
 * Who polls the queue for workflow tasks. `lastAt`: epoch milliseconds of the newest poll that the server remembers, which is
 * some minutes back; a long poll that is still open counts from its begin. No billable action.
 */
export async function readPollers(
  session: Session,
  taskQueue: string,
): Promise<{ polling: boolean; lastAt: number | undefined }> {
  const { client } = session
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASK_QUEUE,
  })
  const seen = pollers.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000)
  const lastAt = seen.length === 0 ? undefined : Math.max(...seen)
  return { polling: lastAt !== undefined && Date.now() - lastAt < STILL_POLLING_MS, lastAt }
}

/** Throws `WorkerMissing` when nobody polls, after giving a worker that starts right now a moment. */
export async function requireWorker(session: Session, taskQueue: string, patienceMs = 3_000): Promise<void> {
  for (const until = Date.now() + patienceMs; ; await sleep(300)) {
    if (await isWorkerPolling(session, taskQueue)) return
    if (Date.now() >= until) throw workerMissing(taskQueue)
  }
}

/** `lastAt`: when one polled last, in epoch milliseconds, where that is known. */
export function workerMissing(taskQueue: string, lastAt?: number, cause?: unknown): RunbookError {
  return new RunbookError('WorkerMissing', `No worker polls the task queue ${taskQueue}.`, {
    advice: words`Start one in another terminal: ${command('worker')} (or ${command('dev')}, which brings its own server).`,
    cause,
    ...(lastAt === undefined ? {} : { details: { since: lastAt } }),
  })
}
