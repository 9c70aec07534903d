import { Runtime, type Worker } from '@temporalio/worker'
import type { RunbookActivities } from '../contract/activities.js'
import { WORKFLOW_TYPES } from '../contract/names.js'
import { apiUsage } from '../d1/cloudflare/budget.js'
import type { TemporalClient } from '../temporal/connection.js'
import { serveLooks, type Looks } from './endpoint.js'
import { createMeters, type Meters } from './meters.js'
import { installRuntime, sayOnLog } from './runtime.js'
import type { ObserveSettings } from './settings.js'

/** A poller is asked again at least once a minute: one that was last seen earlier is gone. Milliseconds. */
const STILL_POLLING_MS = 75_000
const WORKFLOW_TASK_QUEUE = 1
/** Runs under way that a scrape counts; a page of visibility. */
const MOST_RUNS = 1_000

interface Serving {
  session: Pick<TemporalClient, 'client' | 'listing'>
  worker: Worker
  taskQueue: string
}

/** What others may know of a worker: health, readiness, metrics, logs. */
export interface Observer {
  /** Where it is asked; undefined: nowhere. */
  url: string | undefined
  /** Prints what people are to see at the worker, in the manner of its log; undefined: as it comes. */
  print: ((text: string) => void) | undefined
  /** The same activities, which count what they do. */
  measured(activities: RunbookActivities): RunbookActivities
  /** Tells of archives that are there already: the age of a backup does not begin with the process. */
  backups(found: readonly { target: Parameters<Meters['backup']>[0]; createdAt: string }[]): void
  /** From now on it can be ready. */
  serves(serving: Serving): void
  close(): Promise<void>
}

/**
 * Begins before anything of the SDK's native half is used: it installs the log and the metrics there. Until {@link Observer.serves}
 * the worker is healthy and not ready. Without settings the log is the caller's, who has installed it. Throws `ConfigInvalid` where
 * it cannot listen.
 */
export async function observe(settings: ObserveSettings | undefined): Promise<Observer> {
  const { exporter, shutdown } =
    settings === undefined ? { exporter: undefined, shutdown: undefined } : await installRuntime(settings)
  const print = settings?.json === true ? (text: string) => sayOnLog(text, settings) : undefined
  if (settings?.metrics === undefined || exporter === undefined)
    return {
      url: undefined,
      print,
      measured: (activities) => activities,
      backups: () => undefined,
      serves: () => undefined,
      close: async () => shutdown?.(),
    }
  const meters = createMeters(Runtime.instance().metricMeter)
  let serving: Serving | undefined
  const looks: Looks = {
    health: async () => whyUnhealthy(serving?.worker),
    ready: async () => (serving === undefined ? 'it has not begun to poll' : whyNotReady(serving)),
    async metrics(signal) {
      meters.calls(apiUsage())
      if (serving !== undefined) meters.open(await openRuns(serving.session))
      return (await fetch(`http://${exporter}/metrics`, { signal })).text()
    },
  }
  const endpoint = await serveLooks(settings.metrics, looks).catch(async (error: unknown) => {
    await shutdown()
    throw error
  })
  return {
    url: endpoint.url,
    print,
    measured: (activities) => measured(activities, meters),
    backups(found) {
      for (const { target, createdAt } of found) meters.backup(target, createdAt)
    },
    serves(now) {
      serving = now
    },
    async close() {
      await endpoint.close()
      await shutdown()
    },
  }
}

function measured(activities: RunbookActivities, meters: Meters): RunbookActivities {
  return {
    ...activities,
    async createBackup(input) {
      const made = await activities.createBackup(input)
      meters.backup(input.target, made.createdAt)
      return made
    },
    async runCheckpoint(input) {
      const seen = await activities.runCheckpoint(input)
      meters.checkpoint(input.target.environment, seen.verdict)
      return seen
    },
    async writeReport(input) {
      const written = await activities.writeReport(input)
      meters.ended(input.view)
      return written
    },
  }
}

function whyUnhealthy(worker: Worker | undefined): string | undefined {
  const state = worker?.getState()
  return state === 'FAILED' || state === 'STOPPED' ? `the worker is ${state.toLowerCase()}` : undefined
}

/** The server is asked whether this very worker polls: a connection that is gone, or a worker that drains, is not ready. */
async function whyNotReady({ session, worker, taskQueue }: Serving): Promise<string | undefined> {
  const state = worker.getState()
  if (state !== 'RUNNING') return `the worker is ${state.toLowerCase()}`
  const { client } = session
  const { pollers } = await client.withDeadline(Date.now() + 3_000, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_TASK_QUEUE,
    }),
  )
  const polls = pollers.some(
    ({ identity, lastAccessTime }) =>
      identity === worker.options.identity &&
      Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < STILL_POLLING_MS,
  )
  return polls ? undefined : `the server does not see it poll ${taskQueue}`
}

/** As visibility has them: no worker is asked, and no billable action. */
async function openRuns({ listing }: Serving['session']): Promise<{ environment: string; phase: string }[]> {
  const query = `WorkflowType = '${WORKFLOW_TYPES.migration}' AND ExecutionStatus = 'Running'`
  const runs: { environment: string; phase: string }[] = []
  for await (const { searchAttributes } of listing.workflow.list({ query, pageSize: MOST_RUNS })) {
    const text = (name: string): string => {
      const value: unknown = searchAttributes[name]?.[0]
      return typeof value === 'string' ? value : 'unknown'
    }
    runs.push({ environment: text('RunbookEnvironment'), phase: text('RunbookPhase') })
    if (runs.length >= MOST_RUNS) break
  }
  return runs
}
