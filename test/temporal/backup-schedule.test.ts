import { ScheduleOverlapPolicy } from '@temporalio/client'
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { createActivities } from '../../src/activities/index.js'
import type { BackupRecord } from '../../src/contract/backup.js'
import type { Target } from '../../src/contract/target.js'
import { validateBackup } from '../../src/d1/backup/backup.js'
import {
  findBackupSchedule,
  removeBackupSchedule,
  scheduleBackups,
  type BackupScheduleRequest,
} from '../../src/temporal/backup-schedule.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { connectWorker } from '../../src/temporal/worker-connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { charterFor } from '../charter-for.js'
import { createRunbookWorker } from '../../src/temporal/worker.js'
import { useBuiltProcesses } from '../analysis/own-process.js'
import { localTarget, seedLocal } from '../d1/local-target.js'

useBuiltProcesses()

const HOUR = 3_600_000
const ID = 'backup/local/local-art'

let target: Target
let server: EmbeddedServer | undefined
let session: TemporalClient

beforeAll(async () => {
  target = localTarget()
  seedLocal(target, `CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('kept');`)
  server = await startEmbeddedServer({ projectDir: target.projectDir })
  session = await connectClient({ projectDir: target.projectDir })
})

afterAll(async () => {
  await session.close()
  await server?.stop()
})

const request = (everyMs: number): BackupScheduleRequest => ({
  input: { target, files: [{ name: '0001_t.sql', sha256: 'a'.repeat(64) }], keep: 3 },
  everyMs,
  taskQueue: 'backups',
})

test('asked for twice it is one schedule with the newer answer, and a pause holds', async () => {
  const { client } = session
  const first = await scheduleBackups(client, request(24 * HOUR))
  expect(first).toMatchObject({ scheduleId: ID, everyMs: 24 * HOUR, paused: false, recent: [] })
  expect(new Date(first.nextAt ?? '').toISOString()).toMatch(/T00:00:00/)

  const handle = client.schedule.getHandle(ID)
  await handle.pause('maintenance')
  expect(await scheduleBackups(client, request(6 * HOUR))).toMatchObject({ everyMs: 6 * HOUR, paused: true })
  await handle.unpause()
  const { policies, action } = await handle.describe()
  expect(policies.overlap).toBe(ScheduleOverlapPolicy.SKIP)
  expect(action.workflowType).toBe('scheduledBackup')
})

test('what is due is made by the worker, as a verified archive', async () => {
  const { client } = session
  const { connection, namespace } = await connectWorker({ projectDir: target.projectDir })
  const worker = await createRunbookWorker({
    connection,
    namespace,
    taskQueue: 'backups',
    activities: createActivities({ service: serviceOf([charterFor(target)]) }),
  })
  await scheduleBackups(client, request(24 * HOUR))
  const record = await worker.runUntil(async () => {
    await client.schedule.getHandle(ID).trigger(ScheduleOverlapPolicy.SKIP)
    const run = await vi.waitFor(
      async () => {
        const [newest] = (await findBackupSchedule(client, ID))?.recent ?? []
        if (newest === undefined) throw new Error('not started yet')
        return newest
      },
      { timeout: 400_000, interval: 200 },
    )
    expect(run.workflowId).toMatch(/^backup\/local\/local-art-\d{4}-/)
    return (await client.workflow.getHandle(run.workflowId).result()) as BackupRecord
  })
  await connection.close()

  expect(record).toMatchObject({ verified: true, tables: [{ name: 't', rows: 1 }] })
  expect(existsSync(record.file)).toBe(true)
  expect(readFileSync(record.file).byteLength).toBe(record.sizeBytes)
  expect(await validateBackup({ file: record.file })).toMatchObject({ valid: true })
})

test('removed it is gone, and removing it again is no error', async () => {
  expect(await removeBackupSchedule(session.client, ID)).toBe(true)
  await expect.poll(() => findBackupSchedule(session.client, ID)).toBeUndefined()
  expect(await removeBackupSchedule(session.client, ID)).toBe(false)
})
