import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NativeConnection, Worker } from '@temporalio/worker'
import { diskQueue } from '../../src/contract/names.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { promoteVersion, readVersions } from '../../src/temporal/deployment.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'

const NAME = 'd1-runbook'
const QUEUE = 'migrations'

let folder: string
let server: EmbeddedServer
let session: TemporalClient
let connection: NativeConnection
const running: { worker: Worker; ended: Promise<void> }[] = []

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-promote-'))
  server = await startEmbeddedServer({ projectDir: folder })
  session = await connectClient({ projectDir: folder })
  connection = await NativeConnection.connect({ address: server.address })
})

afterAll(async () => {
  for (const { worker } of running) worker.shutdown()
  await Promise.all(running.map(({ ended }) => ended))
  await connection.close()
  await session.close()
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function poll(buildId: string, taskQueue: string): Promise<void> {
  const worker = await Worker.create({
    ...{ connection, namespace: server.namespace, taskQueue },
    activities: { nothing: () => Promise.resolve() },
    workerDeploymentOptions: {
      version: { deploymentName: NAME, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  })
  running.push({ worker, ended: worker.run() })
}

const promote = (buildId: string): Promise<void> => promoteVersion(session.client, { name: NAME, buildId })
const current = async (): Promise<string | undefined> =>
  (await readVersions(session.client, NAME)).find((one) => one.current)?.buildId

/** The server knows of a queue some moments after its worker polls. */
const promoted = (buildId: string) => expect.poll(() => promote(buildId).catch(String))

test('a build whose workers have disks of their own is promoted, one that leaves a task queue without anybody is not', async () => {
  await poll('one', QUEUE)
  await poll('one', diskQueue(QUEUE, '0123456789ab'))
  await promoted('one').toBeUndefined()

  await poll('elsewhere', 'another')
  await promoted('elsewhere').toContain(`what those of the current one do: ${QUEUE}.`)
  expect(await current()).toBe('one')

  await poll('two', QUEUE)
  await poll('two', diskQueue(QUEUE, 'ba9876543210'))
  await promoted('two').toBeUndefined()
  expect(await current()).toBe('two')
})
