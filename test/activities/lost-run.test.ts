import { copyFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createActivities } from '../../src/activities/index.js'
import type { BackupRecord } from '../../src/contract/backup.js'
import type { Target } from '../../src/contract/target.js'
import { createBackup } from '../../src/d1/backup/backup.js'
import { hold, holdersOf, release } from '../../src/d1/backup/holds.js'
import { listArchives } from '../../src/d1/backup/retention.js'
import { packBundle } from '../../src/d1/migrations/bundle.js'
import { migrationFile } from '../../src/d1/migrations/migration-files.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { useBuiltProcesses } from '../analysis/own-process.js'
import { charterFor } from '../charter-for.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'

useBuiltProcesses()

const FILES = [
  ['0001_t.sql', 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);\n'],
  ['0002_w.sql', 'ALTER TABLE t ADD COLUMN w TEXT;\n'],
  ['0003_x.sql', 'ALTER TABLE t ADD COLUMN x TEXT;\n'],
].map(([name = '', sql = '']) => ({ ...migrationFile(name, Buffer.from(sql)), sql }))

const OTHER = { change: 'added', type: 'table', name: 'other' }
const LOST = 'local-20260308-020000-00000001'
const OWN = 'local-20260308-030800-00000000'

let target: Target
let activities: ReturnType<typeof createActivities>
let before: BackupRecord

function apply(index: number, recorded = true): void {
  const { name = '', sql = '' } = FILES[index] ?? {}
  seedLocal(target, sql)
  if (recorded) seedLocal(target, `INSERT INTO d1_migrations (name) VALUES ('${name}');`)
}

async function find(archive?: string): Promise<Awaited<ReturnType<typeof activities.findLostRun>>> {
  const files = FILES.map(({ name, sha256 }) => ({ name, sha256 }))
  const input = { target, files, bundle: await packBundle(FILES), requester: 'Ada' }
  return new MockActivityEnvironment().run(() =>
    activities.findLostRun({
      ...{ ...input, runKey: OWN },
      ...(archive === undefined ? {} : { archive }),
    }),
  )
}

function backUp(): Promise<BackupRecord> {
  return new MockActivityEnvironment().run(() => activities.createBackup({ target, files: [], keep: 9 }))
}

let live: string
let initial: string

beforeAll(async () => {
  target = localTarget()
  activities = createActivities({ service: serviceOf([charterFor(target)]) })
  seedLocal(target, LEDGER_SQL)
  apply(0)
  before = await backUp()
  live = seedLocal(target, 'PRAGMA wal_checkpoint(TRUNCATE);')
  initial = `${live}.initial`
  copyFileSync(live, initial)
})

beforeEach(async () => {
  for (const part of ['', '-wal', '-shm']) rmSync(live + part, { force: true })
  copyFileSync(initial, live)
  for (const { file } of await listArchives({ dir: target.backupDir, environment: 'local' }))
    if (file !== before.file) rmSync(file)
  await release(target.backupDir, OWN)
  await hold(target.backupDir, { by: LOST, files: [before.file] })
})

describe('what a lost run left', () => {
  it.each<[string, () => void, string[], boolean]>([
    ['one file', () => apply(1), ['0002_w.sql'], true],
    ['two files', () => (apply(1), apply(2)), ['0002_w.sql', '0003_x.sql'], true],
    ['a file without its row in the ledger', () => apply(1, false), ['0002_w.sql'], true],
    [
      'a file, and the next without its row',
      () => (apply(1), apply(2, false)),
      ['0002_w.sql', '0003_x.sql'],
      true,
    ],
    [
      'a schema that no file leads to',
      () => (apply(1), seedLocal(target, 'CREATE TABLE other (id);')),
      ['0002_w.sql'],
      false,
    ],
  ])('%s', async (_what, done, files, settled) => {
    done()
    const { plan, status, backup, lost, others } = await find()
    expect(others).toEqual(settled ? undefined : expect.objectContaining({ objects: [OTHER] }))
    expect(lost?.run).toBe(LOST)
    expect(plan.migrations.map(({ name }) => name)).toEqual(files)
    expect(plan.predictedFingerprint === status.schemaFingerprint).toBe(settled)
    expect(backup).toMatchObject({ file: before.file, sha256: before.sha256, verified: true })
    expect((await holdersOf(before.file)).map(({ run }) => run)).toEqual([LOST, OWN])
  })

  it('is still there for the next, where the run that took it up is cancelled', async () => {
    apply(1)
    await find()
    // An earlier try of the same run.
    expect((await find()).lost?.run).toBe(LOST)
    await release(target.backupDir, OWN)
    expect((await find()).lost?.run).toBe(LOST)
  })

  it('is looked for behind the newest archive that is of before, not behind one of after', async () => {
    apply(1)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await backUp()
    expect((await find()).backup.file).toBe(before.file)
  })
})

describe('a sealed archive of before, which no worker can read', () => {
  const seal = async (): Promise<string> => {
    const backupRecipients = [await identityToRecipient(await generateIdentity())]
    await new Promise((resolve) => setTimeout(resolve, 1100))
    return (await createBackup({ target: { ...target, backupRecipients }, files: [], keep: 9 })).file
  }

  it('is passed over for the one that the lost run left readable, and refused where it is named', async () => {
    const sealed = await seal()
    apply(1)
    expect((await find()).backup.file).toBe(before.file)
    await expect(find(path.basename(sealed))).rejects.toMatchObject({ type: 'ArchiveSealed' })
  })

  it('is named where there is no other', async () => {
    const sealed = await seal()
    apply(1)
    renameSync(before.file, `${before.file}.away`)
    try {
      await expect(find()).rejects.toThrow(
        `Of before there is only ${path.basename(sealed)} in ${target.backupDir}, sealed: no worker can read it`,
      )
    } finally {
      renameSync(`${before.file}.away`, before.file)
    }
  })
})

describe('nothing to go on from', () => {
  it('no backup at all', async () => {
    renameSync(before.file, `${before.file}.away`)
    try {
      await expect(find()).rejects.toThrow(/There is no backup of this database in .*, and so nothing/)
    } finally {
      renameSync(`${before.file}.away`, before.file)
    }
  })

  it('a database that is as its archive holds it', async () => {
    await expect(find()).rejects.toThrow(/no file of a lost run has taken effect since/)
  })

  it('an archive that no run holds, unless it is named', async () => {
    apply(1)
    await release(target.backupDir, LOST)
    await expect(find()).rejects.toThrow(/No run holds .*backup-local/)
    expect(await find(path.basename(before.file))).not.toHaveProperty('lost')
  })

  it('an archive of another name, and a ledger that goes on from none', async () => {
    apply(1)
    await expect(find('backup-local-2020-01-01-000000.zip')).rejects.toThrow(/There is no archive/)
    seedLocal(target, "UPDATE d1_migrations SET name = 'other.sql' WHERE name = '0001_t.sql';")
    await expect(find()).rejects.toThrow(/goes on from none of them/)
  })

  it('a file that the project does not have', async () => {
    seedLocal(target, "INSERT INTO d1_migrations (name) VALUES ('0009_gone.sql');")
    await expect(find()).rejects.toThrow(/0009_gone\.sql/)
  })
})
