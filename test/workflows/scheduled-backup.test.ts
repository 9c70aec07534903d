import { randomUUID } from 'node:crypto'
import { WorkflowFailedError } from '@temporalio/client'
import { expect, it } from 'vitest'
import { createRunbookWorker } from '../../src/temporal/worker.js'
import type { scheduledBackup } from '../../src/workflows/index.js'
import { requestFor } from './request.js'
import { useSkippingServer } from './skipping.js'
import { openWorld, refusal } from './world.js'

const server = useSkippingServer()

/** The outcome of one scheduled backup in this world. */
async function backUp(world: ReturnType<typeof openWorld>): Promise<unknown> {
  const { target } = requestFor(randomUUID())
  const { client, nativeConnection: connection, namespace } = server.env
  const taskQueue = randomUUID()
  const worker = await createRunbookWorker({
    ...{ connection, taskQueue, activities: world.activities },
    namespace: namespace ?? 'default',
  })
  return worker.runUntil(
    client.workflow.execute<typeof scheduledBackup>('scheduledBackup', {
      workflowId: `backup/local/${randomUUID()}`,
      taskQueue,
      args: [{ target, files: [], keep: 3, channels: [{ kind: 'terminal', name: 'terminal' }] }],
    }),
  )
}

it('tells people of a backup that could not be made, and fails', async () => {
  const world = openWorld(() => ({
    createBackup: async () => {
      throw refusal('DiskFull', 'No space is left in backups.')
    },
  }))
  await expect(backUp(world)).rejects.toBeInstanceOf(WorkflowFailedError)
  expect(world.told).toHaveLength(1)
  expect(world.told[0]?.text).toMatch(
    /^🚨 The scheduled backup of .+ failed\n- No space is left in backups\./,
  )
})

it('says nothing of one that was made', async () => {
  const world = openWorld()
  await expect(backUp(world)).resolves.toMatchObject({ verified: true })
  expect(world.told).toEqual([])
})
