import { randomUUID } from 'node:crypto'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { provideTemporal } from '../../src/temporal/binaries.js'
import { createRunbookWorker } from '../../src/temporal/worker.js'
import type { postMigrationMonitoring } from '../../src/workflows/index.js'
import { ALL_LOOKS, requestFor } from './request.js'
import { openWorld } from './world.js'

/** A history this short is asked to be renewed several times in 34 checkpoints. Events. */
const SUGGESTED_AT = 60

let env: TestWorkflowEnvironment

beforeAll(async () => {
  const path = await provideTemporal('temporal-cli')
  env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      extraArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${SUGGESTED_AT}`],
    },
  })
})
afterAll(() => env.teardown())

it('renews its history when the server asks for it, and misses and repeats no checkpoint', async () => {
  const taskQueue = randomUUID()
  const { target, monitoring } = requestFor(randomUUID())
  const worker = await createRunbookWorker({
    connection: env.nativeConnection,
    namespace: env.namespace ?? 'default',
    taskQueue,
    activities: openWorld().activities,
  })
  const workflowId = `monitoring ${taskQueue}`
  const view = await worker.runUntil(
    env.client.workflow.execute<typeof postMigrationMonitoring>('postMigrationMonitoring', {
      workflowId,
      taskQueue,
      args: [
        {
          target,
          plan: { ...monitoring, offsetsMs: ALL_LOOKS, timeScale: 86_400 },
          baseline: { takenAt: new Date().toISOString(), probes: {} },
          expected: { schemaFingerprint: 'as validated', ledger: [] },
          anchorMs: Date.now(),
          parentId: 'nobody',
          checkpoints: [],
          lastNumber: 0,
        },
      ],
    }),
  )
  expect(view.checkpoints.map(({ number }) => number)).toEqual(
    Array.from({ length: 34 }, (_, index) => index + 1),
  )
  expect(view.verdicts.healthy).toBe(34)
  const { raw } = await env.client.workflow.getHandle(workflowId).describe()
  const { firstRunId, execution } = raw.workflowExecutionInfo ?? {}
  expect(firstRunId).toBeTruthy()
  expect(execution?.runId).not.toBe(firstRunId)
})
