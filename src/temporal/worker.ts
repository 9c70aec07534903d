import {
  Worker,
  type NativeConnection,
  type WorkerDeploymentOptions,
  type WorkerInterceptors,
} from '@temporalio/worker'
import os from 'node:os'
import type { RunbookActivities } from '../contract/activities.js'
import { diskQueue } from '../contract/names.js'
import { workerDataConverter } from './codec/data-converter.js'
import { identityWith } from './codec/identity.js'
import { readCodecKeys, type CodecKeys } from './codec/keys.js'
import type { Tracing } from './tracing.js'
import { workflowCode } from './workflow-code.js'

/** How long running activities may finish by themselves once the worker was told to stop. */
const GRACE = '20 seconds'
/** After the grace they are cancelled: ending Wrangler with all it started, and reading back what it did, takes a while. */
const FORCE = '2 minutes'

export interface RunbookWorkerOptions {
  connection: NativeConnection
  namespace: string
  taskQueue: string
  activities: RunbookActivities
  /** What it reads and writes with. Default: those of the environment. */
  codecKeys?: CodecKeys
  /** Hashes of the charters that the activities serve by. */
  charters?: readonly string[]
  /** Where traces are collected. */
  tracing?: Tracing
  /** Pins each run to the version that started it; the server must have been told which version is current. */
  deployment?: { name: string; buildId: string }
}

/** A worker for the workflows and activities of the runbook; not polling yet. */
export function createRunbookWorker(options: RunbookWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue, activities, deployment } = options
  const { codecKeys = readCodecKeys(process.env) } = options
  const { interceptors, ...code } = workflowCode({ encrypted: codecKeys.writes !== undefined })
  return Worker.create({
    ...code,
    interceptors: { ...interceptors, ...traced(options) },
    dataConverter: workerDataConverter(codecKeys),
    identity: identityWith(`${process.pid}@${os.hostname()}`, codecKeys, options.charters),
    connection,
    namespace,
    taskQueue,
    activities,
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
    ...(deployment === undefined ? {} : { workerDeploymentOptions: pinned(deployment) }),
  })
}

/**
 * Takes from the queue of one disk what needs the files there; no workflow. Of the same version as the other worker of its process, so that
 * what a run of this version sends there comes to its like.
 */
export function createDiskWorker(options: RunbookWorkerOptions & { disk: string }): Promise<Worker> {
  const { connection, namespace, taskQueue, activities, deployment, disk } = options
  const { codecKeys = readCodecKeys(process.env) } = options
  return Worker.create({
    interceptors: traced(options),
    dataConverter: workerDataConverter(codecKeys),
    identity: identityWith(`${process.pid}@${os.hostname()}`, codecKeys),
    connection,
    namespace,
    taskQueue: diskQueue(taskQueue, disk),
    activities,
    maxConcurrentActivityTaskPolls: 2,
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
    ...(deployment === undefined ? {} : { workerDeploymentOptions: pinned(deployment) }),
  })
}

function traced({ tracing }: RunbookWorkerOptions): WorkerInterceptors {
  return tracing === undefined ? {} : { activity: [tracing.activity] }
}

/** A run lasts 25 hours: it ends on the code that it began with. */
function pinned({ name, buildId }: { name: string; buildId: string }): WorkerDeploymentOptions {
  return {
    version: { deploymentName: name, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'PINNED',
  }
}

/**
 * All of them poll until SIGINT or SIGTERM, until `until` settles, or until one of them fails; then they take no new work, let what runs
 * finish or cancel it, and this returns. A second signal does not wait: it ends the process, and the next worker proves what was done.
 */
export async function runWorkersUntilSignal(
  workers: readonly Worker[],
  until?: Promise<unknown>,
): Promise<void> {
  let signals = 0
  // The SDK starts the shutdown on the first signal. Leaving through `process.exit` on the second one lets every
  // 'exit' handler end the processes that we started, which dying of the signal would not.
  const count = (signal: NodeJS.Signals) => {
    signals += 1
    if (signals > 1) process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.on('SIGINT', count).on('SIGTERM', count)
  // A worker that drains after a signal wants what it runs for to be over as well.
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  try {
    const over = until === undefined ? signalled : Promise.race([until.then(() => undefined), signalled])
    let fail: () => void = () => undefined
    const failed = new Promise<void>((resolve) => (fail = resolve))
    const ending = Promise.race([over, failed])
    const results = await Promise.allSettled(
      workers.map((worker) =>
        worker.runUntil(ending).catch((error: unknown) => {
          fail()
          throw error
        }),
      ),
    )
    for (const result of results) if (result.status === 'rejected') throw result.reason
  } finally {
    process.off('SIGINT', count).off('SIGTERM', count)
  }
}
