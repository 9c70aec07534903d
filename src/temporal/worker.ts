import { Worker, type NativeConnection, type WorkerDeploymentOptions } from '@temporalio/worker'
import os from 'node:os'
import type { RunbookActivities } from '../contract/activities.js'
import { workerDataConverter } from './codec/data-converter.js'
import { identityWith } from './codec/identity.js'
import { readCodecKeys, type CodecKeys } from './codec/keys.js'
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
  /** Pins each run to the version that started it; the server must have been told which version is current. */
  deployment?: { name: string; buildId: string }
}

/** A worker for the workflows and activities of the runbook; not polling yet. */
export function createRunbookWorker(options: RunbookWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue, activities, deployment } = options
  const { codecKeys = readCodecKeys(process.env) } = options
  return Worker.create({
    ...workflowCode({ encrypted: codecKeys.writes !== undefined }),
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

/** A run lasts 25 hours: it ends on the code that it began with. */
function pinned({ name, buildId }: { name: string; buildId: string }): WorkerDeploymentOptions {
  return {
    version: { deploymentName: name, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'PINNED',
  }
}

/**
 * Polls until SIGINT or SIGTERM, or until `until` settles; then takes no new work, lets what runs finish or cancels it,
 * and returns. A second signal does not wait: it ends the process, and the next worker proves what was done.
 */
export async function runWorkerUntilSignal(worker: Worker, until?: Promise<unknown>): Promise<void> {
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
    await (until === undefined
      ? worker.run()
      : worker.runUntil(Promise.race([until.then(() => undefined), signalled])))
  } finally {
    process.off('SIGINT', count).off('SIGTERM', count)
  }
}
