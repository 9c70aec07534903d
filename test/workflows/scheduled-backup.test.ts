import { randomUUID } from 'node:crypto'
import { WorkflowFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { expect, it } from 'vitest'
import { plain } from '../../src/contract/command-line.js'
import { createRunbookWorker } from '../../src/temporal/worker.js'
import type { Target } from '../../src/contract/target.js'
import type { scheduledBackup } from '../../src/workflows/index.js'
import { requestFor } from './request.js'
import { useSkippingServer } from './skipping.js'
import { openWorld, refusal } from './world.js'

const server = useSkippingServer()
const HOUR_MS = 3_600_000

/** The outcome of one scheduled backup in this world. */
async function backUp(world: ReturnType<typeof openWorld>, of: Partial<Target> = {}): Promise<unknown> {
  const target = { ...requestFor(randomUUID()).target, ...of }
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
      args: [
        {
          target,
          files: [],
          keep: 3,
          channels: [{ kind: 'terminal', name: 'terminal' }],
          timeZone: 'Asia/Kathmandu',
        },
      ],
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

const down = (): ApplicationFailure =>
  ApplicationFailure.create({ type: 'Network', message: 'no network', nonRetryable: false })

it('tells people within minutes of one that fails, goes on, and tells them when it was made', async () => {
  let tries = 0
  const toldAt: number[] = []
  const begun = await server.env.currentTimeMs()
  const world = openWorld((it) => ({
    createBackup: async (input) => {
      tries += 1
      if (tries <= 3) throw down()
      return openWorld().activities.createBackup(input)
    },
    announce: async ({ message }) => {
      it.told.push({ ...message, text: plain(message.text) })
      toldAt.push((await server.env.currentTimeMs()) - begun)
      return []
    },
  }))
  await expect(backUp(world)).resolves.toMatchObject({ verified: true })
  expect(world.told.map(({ kind, text }) => [kind, text.split('\n')[0]])).toEqual([
    ['emergency', expect.stringMatching(/^🚨 The scheduled backup of .+ fails$/)],
    ['note', expect.stringMatching(/was made after all$/)],
  ])
  expect(toldAt[0]).toBeLessThan(5 * 60_000)
  // For people: in their zone, and with the command that means this database.
  expect(world.told[0]?.text).toMatch(/tried again until \d{4}-\d\d-\d\d \d\d:\d\d GMT\+5:45$/m)
  expect(world.told[0]?.text).toContain('Make one by hand: d1-runbook backup --env local')
})

it('gives up after hours, and says so', async () => {
  const world = openWorld(() => ({ createBackup: () => Promise.reject(down()) }))
  await expect(backUp(world)).rejects.toBeInstanceOf(WorkflowFailedError)
  expect(world.told.map(({ text }) => text.split('\n')[0])).toEqual([
    expect.stringMatching(/ fails$/),
    expect.stringMatching(/ failed$/),
  ])
})

const hour = (at: number): string => `${String(new Date(at).getUTCHours()).padStart(2, '0')}:00`

it.each([
  ['in no other way than by export: waits for its hours', 'export', true],
  ['by rows where an export may not begin: waits for nothing', 'auto', false],
] as const)('a database that is read %s', async (_what, backupWay, waits) => {
  const begun = await server.env.currentTimeMs()
  const [from, to] = [begun + 5 * HOUR_MS, begun + 6 * HOUR_MS]
  let madeAt = 0
  const world = openWorld(() => ({
    createBackup: async (input) => {
      madeAt = await server.env.currentTimeMs()
      return openWorld().activities.createBackup(input)
    },
  }))
  const database = { name: 'art', id: randomUUID(), remote: true }
  const backupExportHours = { from: hour(from), to: hour(to), timeZone: 'UTC' }
  await expect(backUp(world, { database, backupWay, backupExportHours })).resolves.toMatchObject({
    verified: true,
  })
  if (waits) expect(hour(madeAt)).toBe(hour(from))
  else expect(madeAt - begun).toBeLessThan(HOUR_MS)
})

it('says nothing of one hiccup', async () => {
  let tries = 0
  const world = openWorld(() => ({
    createBackup: async (input) => {
      tries += 1
      if (tries === 1) throw down()
      return openWorld().activities.createBackup(input)
    },
  }))
  await expect(backUp(world)).resolves.toMatchObject({ verified: true })
  expect(world.told).toEqual([])
})
