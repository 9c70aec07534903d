import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createActivities } from '../../src/activities/index.js'
import type { BackupRecord } from '../../src/contract/backup.js'
import type { RunbookActivities } from '../../src/contract/activities.js'
import type { Storage } from '../../src/contract/storage.js'
import type { Target } from '../../src/contract/target.js'
import { archivesOf } from '../../src/d1/backup/backup.js'
import { storedArtifacts } from '../../src/d1/migrations/artifacts.js'
import { packBundle, unpackBundle } from '../../src/d1/migrations/bundle.js'
import { migrationFile } from '../../src/d1/migrations/migration-files.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { openStore } from '../../src/store/open-store.js'
import type { Store } from '../../src/store/store.js'
import { useBuiltProcesses } from '../analysis/own-process.js'
import { charterFor } from '../charter-for.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'
import { emulator, gateway, KEY, startGateway, storageOf, type S3Server } from '../store/servers.js'
import { temporaryFolder } from '../temporary-folder.js'

useBuiltProcesses()

let server: S3Server
beforeAll(async () => {
  server = gateway === undefined ? await emulator() : await startGateway(gateway)
})
afterAll(() => server.close())

/** A worker on a machine of its own: no project, an empty home. */
function worker(target: Target, keepBackups = 14): { activities: RunbookActivities; home: string } {
  const home = mkdtempSync(path.join(temporaryFolder(), 'home-'))
  const service = serviceOf([charterFor(target, { keepBackups })])
  return { activities: createActivities({ service, home, env: KEY, print: () => undefined }), home }
}

function act<T>(work: () => Promise<T>): Promise<T> {
  return new MockActivityEnvironment().run(work)
}

/** A database that no worker has the project of. `prefix`: its own part of the bucket. */
function elsewhere(storage: Storage, id = 'local-art'): Target {
  const target = localTarget({ storage })
  return {
    ...target,
    database: { ...target.database, id },
    projectDir: path.join(target.projectDir, 'not-here'),
    backupDir: path.join(target.projectDir, 'not-here', 'backups'),
  }
}

const STORAGES = [
  { kind: 'a bucket', storage: (prefix: string): Storage => storageOf(server, prefix) },
  { kind: 'a folder of all', storage: (): Storage => ({ kind: 'folder', path: temporaryFolder() }) },
]

function storeFor(target: Target): Store {
  const store = openStore(target, { env: KEY, variables: [], scratch: temporaryFolder() })
  if (store === undefined) throw new Error('no store')
  return store
}

async function archivesIn(target: Target): Promise<string[]> {
  const files: string[] = []
  for await (const { file } of archivesOf(target, storeFor(target)).list()) files.push(file)
  return files
}

const RUN = 'local-20260308-030800-00000000'
const SCHEMA = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);'

describe.each(STORAGES)('workers that share $kind and no disk', ({ kind, storage }) => {
  it('take turns at one run: what one has backed up, another rehearses on and restores', async () => {
    const target = elsewhere(storage('turns'))
    const database = seedLocal(target, `${LEDGER_SQL} ${SCHEMA} INSERT INTO t (v) VALUES ('before');`)
    const file = migrationFile('0001_more.sql', Buffer.from('ALTER TABLE t ADD COLUMN w TEXT;\n'))
    const [first, second, third] = [worker(target), worker(target), worker(target)]
    const backup: BackupRecord = await act(() =>
      first.activities.createBackup({ target, files: [], keep: 14, held: { by: RUN, files: [] } }),
    )
    expect(backup.file).toContain(`/local-art/${RUN}/archive/backup-local-`)
    if (kind === 'a bucket') expect(backup.file).toMatch(/^s3:\/\/archives\/turns\//)

    const files = [{ name: file.name, sha256: file.sha256 }]
    const bundle = await packBundle([file])
    const status = await act(() => second.activities.readStatus({ target, files }))
    const plan = await act(() => second.activities.rehearse({ target, files, bundle, backup, status }))
    expect(plan).toMatchObject({ verdict: 'ok', migrations: [{ name: file.name }] })

    seedLocal(
      target,
      `ALTER TABLE t ADD COLUMN w TEXT; INSERT INTO d1_migrations (name) VALUES ('${file.name}');`,
    )
    const reverse = await act(() =>
      third.activities.prepareReverse({
        ...{ target, files, bundle, backup, runKey: RUN, at: '2026-03-08T03:08:00.000Z' },
        ...{ ledgerBefore: [], applied: [file.name] },
      }),
    )
    const kept = reverse.file ?? ''
    expect(kept).toContain(`/${RUN}/document/0002_rollback_2026_03_08.sql`)
    expect(readFileSync(await storeFor(target).open(kept), 'utf8')).toContain('DROP COLUMN')

    await act(() => second.activities.restoreFromBackup({ target, backup, runKey: RUN }))
    const restored = openSqlite(database, { readOnly: true })
    expect(restored.prepare('SELECT * FROM t').all()).toEqual([{ id: 1, v: 'before' }])
    restored.close()
  })

  it('refuse an archive that is gone, or that the record does not name', async () => {
    const target = elsewhere(storage('gone'))
    seedLocal(target, SCHEMA)
    const backup = await act(() => worker(target).activities.createBackup({ target, files: [], keep: 14 }))
    const restore = (record: BackupRecord): Promise<unknown> =>
      act(() => worker(target).activities.restoreFromBackup({ target, backup: record, runKey: RUN }))
    await expect(restore({ ...backup, sha256: 'f'.repeat(64) })).rejects.toMatchObject({
      type: 'BackupInvalid',
    })
    const other = elsewhere(target.storage ?? storage('gone'), 'other-art')
    seedLocal(other, SCHEMA)
    const ofOther = await act(() =>
      worker(other).activities.createBackup({ target: other, files: [], keep: 14 }),
    )
    await expect(restore({ ...backup, file: ofOther.file, sha256: ofOther.sha256 })).rejects.toMatchObject({
      type: 'NotAdmitted',
    })
    await storeFor(target).remove(backup.file)
    const gone = { type: 'BackupInvalid', details: [expect.objectContaining({ archive: backup.file })] }
    await expect(restore(backup)).rejects.toMatchObject(gone)
    const migration = { name: '0001_more.sql', sha256: 'a'.repeat(64), statements: 1, durationMs: 1 }
    const apply = (): Promise<unknown> =>
      worker(target).activities.applyMigration({
        ...{ target, bundle: { encoding: 'gzip-base64', data: '' }, ledgerBefore: [], runKey: RUN },
        migration: { ...migration, fingerprintBefore: '', fingerprintAfter: '' },
        rehearsedOn: { file: backup.file, sha256: backup.sha256 },
      })
    await expect(act(apply)).rejects.toMatchObject(gone)
  })

  it('keep one archive each of two databases of one environment, and what a run names', async () => {
    const target = elsewhere(storage('keep'))
    const other = { ...target, database: { ...target.database, id: 'other-art' } }
    seedLocal(target, SCHEMA)
    seedLocal(other, SCHEMA)
    const backUp = async (of: Target, by?: string): Promise<string> =>
      (
        await act(() =>
          worker(of, 1).activities.createBackup({
            ...{ target: of, files: [], keep: 1 },
            ...(by === undefined ? {} : { held: { by, files: [] } }),
          }),
        )
      ).file
    const [one, two] = [await backUp(target), await backUp(other)]
    expect(await archivesIn(target)).toEqual([one])
    expect(await archivesIn(other)).toEqual([two])
    // Archives of one second have one name, and a hold is by name: it would keep both.
    await new Promise((resolve) => setTimeout(resolve, 1005 - (Date.now() % 1000)))
    const held = await backUp(target, RUN)
    const scheduled = await backUp(target)
    expect((await archivesIn(target)).sort()).toEqual([scheduled, held].sort())
    await archivesOf(target, storeFor(target)).release(RUN)
    const last = await backUp(target)
    expect(await archivesIn(target)).toEqual([last])
    expect(await archivesIn(other)).toEqual([two])
  })

  it('find files that are too large for a history', async () => {
    const target = elsewhere(storage('large'))
    const sql = Array.from(
      { length: 40_000 },
      (_, index) => `INSERT INTO t VALUES (${index}, '${crypto.randomUUID()}');\n`,
    )
    const file = migrationFile('0001_large.sql', Buffer.from(sql.join('')))
    const bundle = await packBundle([file], storedArtifacts(storeFor(target)))
    expect(bundle.encoding).toBe('artifact')
    expect(await unpackBundle(bundle, [file], storedArtifacts(storeFor(target)))).toEqual([file])
  })
})

it('leaves no archive on the disk of a worker that has a bucket, but for what it has fetched', async () => {
  const target = elsewhere(storageOf(server, 'disk'))
  seedLocal(target, SCHEMA)
  const { activities, home } = worker(target)
  await act(() => activities.createBackup({ target, files: [], keep: 14 }))
  expect(readdirSync(home)).toEqual(['fetched'])
  expect(existsSync(target.backupDir)).toBe(false)
})

it('says before anything is done that the bucket is not there, and which variables are missing', async () => {
  const target = elsewhere({ ...storageOf(server), bucket: 'nobodys' })
  const service = serviceOf([charterFor(target)])
  const checksWith = async (env: Record<string, string>): Promise<unknown> => {
    const activities = createActivities({ service, home: temporaryFolder(), env, print: () => undefined })
    const failed = await act(() => activities.checkPrerequisites({ target, channels: [] })).then(
      () => undefined,
      (error: unknown) => error as { details?: { checks?: unknown }[] },
    )
    return failed?.details?.[0]?.checks
  }
  expect(await checksWith(KEY)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        ...{ name: 'storage', state: 'failed' },
        message: expect.stringContaining('NoSuchBucket'),
      }),
    ]),
  )
  expect(await checksWith({})).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        ...{ name: 'variables', state: 'failed' },
        message: 'the worker has no RUNBOOK_STORAGE_KEY_ID, RUNBOOK_STORAGE_SECRET',
      }),
    ]),
  )
})
