import { defined } from './contract/defined.js'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { disksOf } from './activities/disks.js'
import { createActivities, type ActivityOptions } from './activities/index.js'
import { newestBackups } from './activities/newest-backups.js'
import { keepServedWranglers } from './activities/served-wranglers.js'
import type { Disks } from './activities/worker-place.js'
import { workerConfiguration } from './config/worker-service.js'
import { RunbookError } from './contract/failures.js'
import { observe, type Observer } from './observe/observer.js'
import { sayOnLog } from './observe/runtime.js'
import { readObserveSettings, type ObserveSettings } from './observe/settings.js'
import { writeLog } from './process/log.js'
import { closeToOthers, keepOutOfGit, keepPrivate } from './process/private-files.js'
import { stateFolder } from './process/state-folder.js'
import { demandKeysOfOpenRuns } from './temporal/open-runs.js'
import { connectClient } from './temporal/connection.js'
import {
  deploymentFor,
  demandVersions,
  settleVersions,
  type Deployment,
  type WorkerVersion,
} from './temporal/deployment.js'
import { findOtherRun } from './temporal/other-run.js'
import { versionLines } from './temporal/version-lines.js'
import { ensureSearchAttributes } from './temporal/search-attributes.js'
import { findCompletedRun } from './temporal/staging-proof.js'
import { openTracing } from './temporal/tracing.js'
import { createDiskWorker, createRunbookWorker, runWorkersUntilSignal } from './temporal/worker.js'
import { connectWorker } from './temporal/worker-connection.js'

export interface WorkerSettings {
  /** Absolute folder of the project; its embedded server is used when nothing else is configured. */
  projectDir: string
  taskQueue: string
  /** See `createRunbookWorker`. */
  deployment?: Deployment | undefined
  /** All that this worker does anything for. */
  service: ActivityOptions['service']
  /** Health, metrics and log. Default: none, and the log that the caller has installed. */
  observe?: ObserveSettings
  /** Told once the worker polls. `observed`: where it can be asked for health and metrics. */
  onReady?: (server: {
    address: string
    namespace: string
    taskQueue: string
    observed: string | undefined
    /** Of a worker that has a version: all that there are; undefined where the server does not know this one yet. */
    versions?: WorkerVersion[] | undefined
    /** Folders of archives that it has, each with the name that it bears. */
    disks: Disks
  }) => void
  /** Ends the worker as a signal would. */
  until?: Promise<unknown>
}

/**
 * The worker: connects, registers, polls; returns once it was told to stop and has drained.
 * Throws `TemporalUnreachable`, later too where another project's server takes the port of this one's, `NotPermitted` when the search attributes are missing and may not be added, and `KeyMissing` when a
 * run under way is encrypted with a key that is not here.
 */
export async function runWorker(settings: WorkerSettings): Promise<void> {
  const { projectDir } = settings
  keepPrivate()
  await keepOutOfGit(stateFolder(projectDir))
  await closeToOthers(stateFolder(projectDir))
  const observer = await observe(settings.observe)
  try {
    const release = await keepServedWranglers(settings.service)
    await serve(settings, observer).finally(release)
  } finally {
    await observer.close()
  }
}

async function serve(settings: WorkerSettings, observer: Observer): Promise<void> {
  const { projectDir, taskQueue, deployment, service, onReady, until } = settings
  const session = await connectClient({ projectDir })
  const { codecKeys } = session
  try {
    const { connection, address, namespace, keepToOwn } = await connectWorker({ projectDir })
    const leaving = new AbortController()
    try {
      await ensureSearchAttributes(connection, namespace)
      await demandKeysOfOpenRuns(session, taskQueue)
      // Before it polls: a server that knows none would let it fail without a word.
      if (deployment !== undefined) await demandVersions(session.client, deployment.name)
      const disks = await disksOf(service)
      const activities = observer.measured(
        createActivities({
          ...{ service, disks },
          ...defined({ print: observer.print }),
          stagingProof: (input) => findCompletedRun(session, input),
          otherRun: (workflowId, target) => findOtherRun(session, workflowId, target),
        }),
      )
      const tracing = await openTracing()
      if ('off' in tracing && tracing.off !== undefined)
        sayOnLog(`Traces are asked for and not sent: ${tracing.off}`, settings.observe ?? { json: false })
      const common = {
        ...{ connection, namespace, taskQueue, activities, codecKeys },
        ...defined({ deployment, tracing: 'on' in tracing ? tracing.on : undefined }),
      }
      const charters = [...service.values()].map(({ charterHash }) => charterHash)
      const worker = await createRunbookWorker({ ...common, charters })
      const ofDisks = [...new Set(disks.values())].map((disk) => createDiskWorker({ ...common, disk }))
      const workers = [worker, ...(await Promise.all(ofDisks))]
      const elsewhere = keepToOwn(leaving.signal)
      const running = runWorkersUntilSignal(
        workers,
        Promise.race([elsewhere, ...(until === undefined ? [] : [until])]),
      )
      observer.serves({ session, worker, taskQueue })
      const told =
        observer.url === undefined
          ? undefined
          : newestBackups(service).then((found) => observer.backups(found))
      const versions = deployment === undefined ? undefined : await settleVersions(session.client, deployment)
      onReady?.({ address, namespace, taskQueue, observed: observer.url, versions, disks })
      await Promise.all([running, told])
    } finally {
      leaving.abort()
      await connection.close()
    }
  } finally {
    await session.close()
  }
}

/** As a program of its own (the container): everything comes from the environment. */
async function main(): Promise<number> {
  const { D1_RUNBOOK_PROJECT, D1_RUNBOOK_TASK_QUEUE } = process.env
  const projectDir = D1_RUNBOOK_PROJECT ?? process.cwd()
  try {
    const observe = readObserveSettings(undefined, process.env)
    const { service, unserved, taskQueue } = await workerConfiguration({ projectDir })
    for (const { environment, error } of unserved)
      sayOnLog(`not served: ${environment}. ${error.message}`, observe)
    const deployment = deploymentFor({ projectDir, env: process.env })
    await runWorker({
      projectDir,
      service,
      taskQueue: D1_RUNBOOK_TASK_QUEUE ?? taskQueue,
      deployment,
      observe,
      onReady: (server) => {
        sayOnLog(`worker polls ${server.taskQueue} at ${server.address} (${server.namespace})`, observe)
        for (const [folder, disk] of server.disks) sayOnLog(`archives in ${folder} (disk ${disk})`, observe)
        for (const line of deployment === undefined ? [] : versionLines(deployment.buildId, server.versions))
          sayOnLog(line, observe)
      },
    })
    return 0
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error
    writeLog(`${error.message}\n${error.advice}`)
    return 2
  }
}

const started = process.argv[1]
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) {
  process.exitCode = await main()
}
