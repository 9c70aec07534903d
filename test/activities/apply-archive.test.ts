import { appendFileSync, mkdirSync, rmSync, truncateSync } from 'node:fs'
import { MockActivityEnvironment } from '@temporalio/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256Of } from '../../src/activities/permission.js'
import { createActivities } from '../../src/activities/index.js'
import type { BackupRecord } from '../../src/contract/backup.js'
import type { Plan } from '../../src/contract/plan.js'
import type { MigrationResult } from '../../src/contract/run.js'
import type { Target } from '../../src/contract/target.js'
import { packBundle } from '../../src/d1/migrations/bundle.js'
import { migrationFile } from '../../src/d1/migrations/migration-files.js'
import { readSnapshot } from '../../src/d1/read/open-reader.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { useBuiltProcesses } from '../analysis/own-process.js'
import { charterFor } from '../charter-for.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'

useBuiltProcesses()

const FILE = migrationFile('0001_more.sql', Buffer.from('ALTER TABLE t ADD COLUMN more TEXT;\n'))
const REFS = [{ name: FILE.name, sha256: FILE.sha256 }]

let target: Target
let activities: ReturnType<typeof createActivities>
let database: string
let backup: BackupRecord
let plan: Plan

const act = <T>(work: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(work)
const backUp = (): Promise<BackupRecord> =>
  act(() => activities.createBackup({ target, files: [], keep: 99 }))

async function apply(rehearsedOn: { file: string; sha256: string }): Promise<MigrationResult> {
  const [migration] = plan.migrations
  if (migration === undefined) throw new Error('nothing is planned')
  const bundle = await packBundle([FILE])
  return act(() =>
    activities.applyMigration({
      ...{ target, bundle, migration, ledgerBefore: [], runKey: 'local-20260308-030800-00000000' },
      rehearsedOn,
    }),
  )
}

function ledger(): unknown[] {
  const opened = openSqlite(database, { readOnly: true })
  try {
    return opened.prepare('SELECT name FROM d1_migrations').all()
  } finally {
    opened.close()
  }
}

beforeAll(async () => {
  target = localTarget()
  activities = createActivities({ service: serviceOf([charterFor(target)]) })
  database = seedLocal(target, `${LEDGER_SQL} CREATE TABLE t (id INTEGER PRIMARY KEY);`)
  const bundle = await packBundle([FILE])
  backup = await backUp()
  const status = await act(() => activities.readStatus({ target, files: REFS }))
  plan = await act(() => activities.rehearse({ target, files: REFS, bundle, backup, status }))
})

describe('a migration is applied behind the archive that its plan was rehearsed on', () => {
  it.each<[string, (file: string) => void, RegExp]>([
    ['it is gone', (file) => rmSync(file), /is not there/],
    ['it has grown', (file) => appendFileSync(file, 'x'), /has other bytes/],
    ['it is shorter', (file) => truncateSync(file, 100), /has other bytes/],
    ['it is empty', (file) => truncateSync(file), /has other bytes/],
    ['a folder has its name', (file) => (rmSync(file), mkdirSync(file)), /cannot be read/],
  ])('or not at all: %s', async (_what, spoil, why) => {
    const { file, sha256 } = await backUp()
    spoil(file)
    await expect(apply({ file, sha256 })).rejects.toMatchObject({
      type: 'BackupInvalid',
      message: expect.stringMatching(why),
      details: [expect.objectContaining({ archive: file })],
    })
    expect(ledger()).toEqual([])
    rmSync(file, { recursive: true, force: true })
  })

  it('which is looked for where this worker keeps archives, and nowhere else', async () => {
    await expect(apply({ ...backup, file: '/etc/passwd' })).rejects.toMatchObject({ type: 'NotAdmitted' })
    await expect(apply({ ...backup, sha256: 'f'.repeat(64) })).rejects.toMatchObject({
      type: 'BackupInvalid',
    })
    expect(ledger()).toEqual([])
  })

  it('or was looked for on the worker that has it, by the same rules', async () => {
    const { file, sha256 } = await backUp()
    const look = (): Promise<{ place: string }> =>
      act(() => activities.checkArchive({ target, backup: { file, sha256 } }))
    expect(await look()).toMatchObject({ place: target.backupDir })
    appendFileSync(file, 'x')
    await expect(look()).rejects.toMatchObject({
      type: 'BackupInvalid',
      details: [expect.objectContaining({ archive: file })],
    })
    rmSync(file)
  })

  it('and is applied where it is as it was', async () => {
    expect(await apply(backup)).toMatchObject({ state: 'applied' })
    expect(ledger()).toEqual([{ name: FILE.name }])
  })

  it('whose reverse is in the plan, and runs without the archive', async () => {
    rmSync(backup.file)
    const reverse = (predictedFingerprint: string): ReturnType<typeof activities.reverseOfPlan> =>
      act(() =>
        activities.reverseOfPlan({
          ...{ target, files: REFS, runKey: 'local-20260308-030800-00000000', ledger: [FILE.name] },
          ...{ at: '2026-03-08T03:08:00Z', noArchive: 'its worker is gone' },
          plan: { rollback: plan.rollback, schemaFingerprint: plan.schemaFingerprint, predictedFingerprint },
        }),
      )
    // Behind another schema it would take what others made.
    expect(await reverse('another')).toMatchObject({
      price: [expect.stringContaining('schema is not the one')],
    })

    const { bundle, migration, writtenSince } = await reverse(plan.predictedFingerprint)
    if (bundle === undefined || migration === undefined) throw new Error('there is no reverse')
    expect(writtenSince).toEqual({ unknown: 'its worker is gone' })
    expect(migration.sha256).toBe(sha256Of(plan.rollback.sql ?? ''))
    const applied = act(() =>
      activities.applyMigration({
        ...{ target, bundle, migration, ledgerBefore: [FILE.name] },
        runKey: 'local-20260308-030800-00000000',
      }),
    )
    expect(await applied).toMatchObject({ state: 'applied' })
    expect((await readSnapshot(target)).schemaFingerprint).toBe(plan.schemaFingerprint)
  })
})
