import { setTimeout as sleep } from 'node:timers/promises'
import type { Session } from './session.js'
import { workerMissing } from './temporal-failure.js'

/** A poller is asked again at least once a minute: one that was last seen earlier is gone. Milliseconds. */
const STILL_POLLING_MS = 75_000

const WORKFLOW_TASK_QUEUE = 1

/** Whether a worker polls the queue for workflow tasks. No billable action. */
export async function isWorkerPolling(session: Session, taskQueue: string): Promise<boolean> {
  const { client } = session
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASK_QUEUE,
  })
  return pollers.some(({ lastAccessTime }) => {
    const seconds = Number(lastAccessTime?.seconds ?? 0)
    return Date.now() - seconds * 1000 < STILL_POLLING_MS
  })
}

/** Throws `WorkerMissing` when nobody polls, after giving a worker that starts right now a moment. */
export async function requireWorker(session: Session, taskQueue: string, patienceMs = 3_000): Promise<void> {
  for (const until = Date.now() + patienceMs; ; await sleep(300)) {
    if (await isWorkerPolling(session, taskQueue)) return
    if (Date.now() >= until) throw workerMissing(undefined, taskQueue)
  }
}
