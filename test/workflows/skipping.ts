import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { activityInfo } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import type { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import { statusQuery, submitDecisionUpdate } from '../../src/contract/messages.js'
import type { RunbookActivities } from '../../src/contract/activities.js'
import { migrationWorkflowId, SEARCH_ATTRIBUTES, type Gate } from '../../src/contract/names.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { provideTemporal } from '../../src/temporal/binaries.js'
import { createDiskWorker, createRunbookWorker } from '../../src/temporal/worker.js'
import type { productionMigration } from '../../src/workflows/index.js'
import { openWorld, type World } from './world.js'

/** `IndexedValueType.KEYWORD` of Temporal's API. */
const KEYWORD = 2

export type RunHandle = WorkflowHandle<typeof productionMigration>

export interface SkippingServer {
  env: TestWorkflowEnvironment
  /** Starts a run whose activities are those of this world; returns what `drive` does, once the run's activities have ended. */
  /** Another worker, which has this disk; returns what stops it. */
  workerWithDisk(disk: string): Promise<() => Promise<void>>
  migrate<T>(world: World, request: MigrationRequest, drive: (handle: RunHandle) => Promise<T>): Promise<T>
}

/** A server on which a day passes in a blink, for the tests of one file. Time is the server's: tests run in a row. */
export function useSkippingServer(): SkippingServer {
  return useServer(async () => {
    const path = await provideTemporal('temporal-test-server')
    return TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    })
  })
}

/** A server as in production, in real time: the other one cannot cancel an activity while it runs. */
export function useRealTimeServer(extraArgs: string[] = []): SkippingServer {
  return useServer(async () => {
    const path = await provideTemporal('temporal-cli')
    return TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'existing-path', path }, extraArgs },
    })
  })
}

function useServer(start: () => Promise<TestWorkflowEnvironment>): SkippingServer {
  const worlds = new Map<string, World>()
  const taskQueue = randomUUID()
  const calls = new Set<Promise<unknown>>()
  let opened: { env: TestWorkflowEnvironment; worker: Worker; ended: Promise<void> } | undefined
  const running = (): TestWorkflowEnvironment => {
    if (opened === undefined) throw new Error('the server is not running')
    return opened.env
  }
  beforeAll(async () => {
    const env = await start()
    // This server cannot list what it knows, so `ensureSearchAttributes` has nothing to compare with.
    await env.connection.operatorService.addSearchAttributes({
      namespace: env.namespace ?? 'default',
      searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
    })
    const worker = await createRunbookWorker({
      connection: env.nativeConnection,
      namespace: env.namespace ?? 'default',
      taskQueue,
      activities: activitiesOf(worlds, calls),
    })
    opened = { env, worker, ended: worker.run() }
  })
  afterAll(async () => {
    opened?.worker.shutdown()
    await opened?.ended
    await opened?.env.teardown()
  })
  return {
    get env() {
      return running()
    },
    async workerWithDisk(disk) {
      const { nativeConnection: connection, namespace = 'default' } = running()
      const activities = activitiesOf(worlds, calls)
      const worker = await createDiskWorker({ connection, namespace, taskQueue, activities, disk })
      const ended = worker.run()
      return async () => {
        worker.shutdown()
        await ended
      }
    },
    async migrate(world, request, drive) {
      const { client } = running()
      const workflowId = migrationWorkflowId(request.target.environment, request.target.database.id)
      worlds.set(workflowId, world)
      const handle = await client.workflow.start<typeof productionMigration>('productionMigration', {
        workflowId,
        taskQueue,
        args: [request],
      })
      // A test that fails, or whose time is over, leaves no run behind.
      onTestFinished(async () => {
        await handle.terminate('the test is over').catch(() => undefined)
      })
      const driven = await drive(handle)
      // A child that goes on would hold the clock of the server for every test after this one.
      await client.workflow
        .getHandle(`${handle.workflowId}/monitoring`)
        .result()
        .catch(() => undefined)
      await Promise.allSettled(calls)
      return driven
    },
  }
}

/** One worker serves all worlds of a file: each call goes to the world of its run. */
function activitiesOf(worlds: Map<string, World>, calls: Set<Promise<unknown>>): RunbookActivities {
  const names = Object.keys(openWorld().activities) as (keyof RunbookActivities)[]
  const call = async (name: keyof RunbookActivities, input: never): Promise<unknown> => {
    const id = activityInfo().workflowExecution?.workflowId.replace(/\/monitoring$/, '') ?? ''
    const world = worlds.get(id)
    if (world === undefined) throw new Error(`${id} has no world`)
    return world.activities[name](input)
  }
  return Object.fromEntries(
    names.map((name) => [
      name,
      (input: never) => {
        const called = call(name, input)
        calls.add(called)
        return called.finally(() => calls.delete(called))
      },
    ]),
  ) as unknown as RunbookActivities
}

/** However busy the machine is, and however much real work an activity does. Milliseconds. */
const PATIENCE_MS = 400_000

/** Waits, without moving the clock, until the run's state is as asked. Real work is asked after less and less often: each look costs. */
export async function until(handle: RunHandle, asked: (view: RunView) => boolean): Promise<RunView> {
  const limit = Date.now() + PATIENCE_MS
  for (let tries = 0; ; tries += 1) {
    const view = await handle.query(statusQuery)
    if (asked(view)) return view
    if (Date.now() > limit) throw new Error(`the run never got there: ${view.phase}, ${view.message}`)
    await pause(Math.min(25 * 2 ** (tries >> 2), 400))
  }
}

export function gateOpen(gate: Gate): (view: RunView) => boolean {
  return (view) => view.gates.some((one) => one.gate === gate && one.state === 'open')
}

export function gateState(view: RunView, gate: Gate): string | undefined {
  return view.gates.find((one) => one.gate === gate)?.state
}

/** Waits for each gate in turn and decides it by update. */
export async function decideAll(handle: RunHandle, gates: readonly Gate[], actor = 'Bea'): Promise<void> {
  for (const gate of gates) {
    await until(handle, gateOpen(gate))
    await handle.executeUpdate(submitDecisionUpdate, { args: [{ gate, decision: 'approve', actor }] })
  }
}

export const ALL_GATES = [
  'team-lead',
  'environment',
  'connectivity',
  'preflight',
  'plan',
  'final',
  'team-confirmation',
] as const satisfies Gate[]
