import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { WorkflowHandle } from '@temporalio/client'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll } from 'vitest'
import { statusQuery, submitDecisionUpdate } from '../../src/contract/messages.js'
import { migrationWorkflowId, SEARCH_ATTRIBUTES, type Gate } from '../../src/contract/names.js'
import type { MigrationRequest, RunView } from '../../src/contract/run.js'
import { provideTemporal } from '../../src/temporal/binaries.js'
import { createRunbookWorker } from '../../src/temporal/worker.js'
import type { productionMigration } from '../../src/workflows/index.js'
import type { World } from './world.js'

/** `IndexedValueType.KEYWORD` of Temporal's API. */
const KEYWORD = 2

export type RunHandle = WorkflowHandle<typeof productionMigration>

export interface SkippingServer {
  env: TestWorkflowEnvironment
  /** Starts a run with a worker of its own for this world, and stops the worker after `drive`. */
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
export function useRealTimeServer(): SkippingServer {
  return useServer(async () => {
    const path = await provideTemporal('temporal-cli')
    return TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'existing-path', path } },
    })
  })
}

function useServer(start: () => Promise<TestWorkflowEnvironment>): SkippingServer {
  let env: TestWorkflowEnvironment | undefined
  const running = (): TestWorkflowEnvironment => {
    if (env === undefined) throw new Error('the server is not running')
    return env
  }
  beforeAll(async () => {
    env = await start()
    // This server cannot list what it knows, so `ensureSearchAttributes` has nothing to compare with.
    await env.connection.operatorService.addSearchAttributes({
      namespace: env.namespace ?? 'default',
      searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
    })
  }, 120_000)
  afterAll(() => env?.teardown())
  return {
    get env() {
      return running()
    },
    async migrate(world, request, drive) {
      const { client, nativeConnection: connection, namespace } = running()
      const taskQueue = randomUUID()
      const worker = await createRunbookWorker({
        connection,
        namespace: namespace ?? 'default',
        taskQueue,
        activities: world.activities,
      })
      return worker.runUntil(async () => {
        const handle = await client.workflow.start<typeof productionMigration>('productionMigration', {
          workflowId: migrationWorkflowId(request.target.environment, request.target.database.id),
          taskQueue,
          args: [request],
        })
        try {
          const driven = await drive(handle)
          // A child that no worker is there to cancel would hold the clock of the server for every test after this one.
          await client.workflow
            .getHandle(`${handle.workflowId}/monitoring`)
            .result()
            .catch(() => undefined)
          return driven
        } catch (error) {
          // A failed test leaves no run behind that its worker would wait for.
          await handle.terminate('the test failed').catch(() => undefined)
          throw error
        }
      })
    },
  }
}

/** Waits, without moving the clock, until the run's state is as asked. */
export async function until(handle: RunHandle, asked: (view: RunView) => boolean): Promise<RunView> {
  for (let tries = 0; ; tries += 1) {
    const view = await handle.query(statusQuery)
    if (asked(view)) return view
    if (tries > 400) throw new Error(`the run never got there: ${view.phase}, ${view.message}`)
    await pause(25)
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
