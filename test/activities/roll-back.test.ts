import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readSnapshot } from '../../src/d1/read/open-reader.js'
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it, test } from 'vitest'
import { createActivities } from '../../src/activities/index.js'
import type { BackupRecord } from '../../src/contract/backup.js'
import type { Since } from '../../src/contract/rollback.js'
import { packBundle } from '../../src/d1/migrations/bundle.js'
import { migrationFile } from '../../src/d1/migrations/migration-files.js'
import { readBookmark, restoreBookmark } from '../../src/d1/apply/time-travel.js'
import { useBuiltProcesses } from '../analysis/own-process.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { charterFor } from '../charter-for.js'
import { fingerprintOf } from '../d1/fingerprint.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'
import { remoteTarget } from '../d1/remote-target.js'

useBuiltProcesses()

const SCHEMA = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);'
const CHANGE = 'ALTER TABLE t ADD COLUMN w TEXT;'

it('still knows the way to undo a Time Travel whose worker died on the way', async () => {
  const { target, api } = await remoteTarget(SCHEMA)
  const { bookmark = '' } = await readBookmark(target)
  api.database(target.database.id).exec(CHANGE)
  const input = { target, bookmark, expectedFingerprint: fingerprintOf(SCHEMA) }
  const activities = createActivities({ service: serviceOf([charterFor(target)]) })

  const beats: unknown[] = []
  const first = new MockActivityEnvironment()
  first.on('heartbeat', (details: unknown) => beats.push(details))
  await first.run(() => activities.travelBack(input))
  // Its answer is lost with the worker; only what it beat is left.
  const second = new MockActivityEnvironment({ attempt: 2, heartbeatDetails: beats[0] })
  let undo = ''
  await second.run(async () => {
    undo = (await activities.travelBack(input)).previousBookmark
  })

  await restoreBookmark({ target, bookmark: undo })
  expect((await readSnapshot(target)).schemaFingerprint).toBe(fingerprintOf(SCHEMA + CHANGE))
})

it('prices the reverse on the database as it is now', async () => {
  const before = `CREATE TABLE artworks (id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO artworks (name) VALUES ('one'), ('two');`
  const forward = `CREATE TABLE photos (id INTEGER PRIMARY KEY, artwork INTEGER, url TEXT);
INSERT INTO photos (artwork, url) SELECT id, 'photo of ' || name FROM artworks;
`
  const target = localTarget()
  const file = migrationFile('0001_photos.sql', Buffer.from(forward))
  const activities = createActivities({ service: serviceOf([charterFor(target)]) })
  const backUp = (): Promise<BackupRecord> =>
    new MockActivityEnvironment().run(() => activities.createBackup({ target, files: [], keep: 9 }))

  seedLocal(target, `${LEDGER_SQL} ${before}`)
  const backup = await backUp()
  seedLocal(target, `${forward} INSERT INTO d1_migrations (name) VALUES ('${file.name}');`)
  seedLocal(target, `INSERT INTO photos (artwork, url) VALUES (1, 'a new one');`)
  const current = await backUp()

  const input = {
    ...{ target, backup, files: [file], bundle: await packBundle([file]), at: '2026-03-08T03:08:00.000Z' },
    ...{ runKey: 'local-20260308-030800-00000000', ledgerBefore: [], applied: [file.name] },
  }
  const planned = [{ table: 'photos', before: null, after: 2 }]
  const reverse = (since: Partial<Parameters<typeof activities.prepareReverse>[0]>): Promise<unknown> =>
    new MockActivityEnvironment().run(() => activities.prepareReverse({ ...input, ...since }))
  const goes = 'Table photos goes, with every row in it.'
  // Without a backup of now the live database is summed up: how many rows more, and not which.
  expect(await reverse({})).toMatchObject({
    migration: { name: '0002_rollback_2026_03_08.sql' },
    price: [goes],
    cost: { rowsLost: 0, valuesLost: 0, tables: [] },
    writtenSince: {
      ...{ since: backup.createdAt, by: 'sums', objects: [] },
      tables: [{ table: 'photos', added: null, changed: null, gone: null, difference: 1 }],
    },
  })
  expect(await reverse({ current, planned })).toMatchObject({
    migration: { name: '0002_rollback_2026_03_08.sql' },
    price: [
      goes,
      'held against what the migration makes of the backup, photos: 1 added; none of that outlives the table, and whether another one holds any of it is not known',
    ],
    cost: { rowsLost: 1, valuesLost: 0, tables: [{ table: 'photos', rowsLost: 1 }] },
    writtenSince: {
      ...{ since: backup.createdAt, asOf: current.createdAt, by: 'rows', objects: [] },
      tables: [{ table: 'photos', added: 1, changed: 0, gone: 0, difference: 1 }],
    },
    file: expect.stringMatching(/030800-00000000.0002_rollback_2026_03_08\.sql$/),
  })
  seedLocal(target, `INSERT INTO photos (artwork, url) VALUES (1, 'a newer one');`)
  const { target: of, files: sent, bundle, runKey, applied } = input
  const again = await new MockActivityEnvironment().run(() =>
    activities.countWrittenSince({ target: of, files: sent, bundle, backup, runKey, applied }),
  )
  expect(again).toMatchObject({
    writtenSince: { by: 'sums', tables: [{ table: 'photos', added: null, difference: 2 }] },
  })
  // What is pending has its number, and does not run before the reverse.
  const pending = migrationFile('0002_broken.sql', Buffer.from('DROP TABLE nowhere;\n'))
  const files = [file, pending]
  expect(await reverse({ current, planned, files, bundle: await packBundle(files) })).toMatchObject({
    migration: { name: '0003_rollback_2026_03_08.sql' },
    price: [
      goes,
      'held against what the migration makes of the backup, photos: 1 added; none of that outlives the table, and whether another one holds any of it is not known',
    ],
  })
})

test.each<[string, string, string]>([
  [
    'a column with values and a trigger',
    `ALTER TABLE u ADD COLUMN sneaky TEXT; UPDATE u SET sneaky = 'x';
     CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM u; END;`,
    'made: trigger tr on t, changed: table u',
  ],
  ['a table', 'CREATE TABLE theirs (id INTEGER);', 'made: table theirs'],
  ['an index that is gone', 'DROP INDEX u_w;', 'dropped: index u_w on u'],
])('offers no reverse behind a schema of others: %s', async (_, others, what) => {
  const target = localTarget()
  const file = migrationFile('0001_w.sql', Buffer.from(`${CHANGE}\n`))
  const activities = createActivities({ service: serviceOf([charterFor(target)]) })
  const inside = <T>(act: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(act)
  const backUp = (): Promise<BackupRecord> =>
    inside(() => activities.createBackup({ target, files: [], keep: 9 }))
  seedLocal(
    target,
    `${LEDGER_SQL} ${SCHEMA} CREATE TABLE u (id INTEGER PRIMARY KEY, w TEXT); CREATE INDEX u_w ON u (w);
     INSERT INTO u (w) VALUES ('a'), ('b');`,
  )
  const backup = await backUp()
  seedLocal(target, `${CHANGE} INSERT INTO d1_migrations (name) VALUES ('${file.name}'); ${others}`)
  const input = {
    ...{ target, backup, files: [file], bundle: await packBundle([file]), at: '2026-03-08T03:08:00.000Z' },
    ...{ runKey: 'local-20260308-030800-00000000', ledgerBefore: [], applied: [file.name] },
  }
  const price = [`the schema is not the one that the migration left (${what})`]
  for (const since of [{ current: await backUp(), planned: [] }, {}]) {
    const reverse = await inside(() => activities.prepareReverse({ ...input, ...since }))
    expect(reverse).toMatchObject({ price })
    expect(reverse).not.toHaveProperty('migration')
  }
})

it('says after a way back what is not as in the archive of before', async () => {
  const target = localTarget()
  const activities = createActivities({ service: serviceOf([charterFor(target)]) })
  seedLocal(
    target,
    `${LEDGER_SQL} CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE u (w TEXT);
     INSERT INTO t (v) VALUES ('one'), ('two'); INSERT INTO u VALUES ('three');`,
  )
  const backUp = (): Promise<BackupRecord> =>
    new MockActivityEnvironment().run(() => activities.createBackup({ target, files: [], keep: 9 }))
  const backup = await backUp()
  const runKey = 'local-20260308-030800-00000000'
  const compare = (): Promise<unknown> =>
    new MockActivityEnvironment().run(() => activities.compareAfterRollback({ target, runKey, backup }))
  const about = { since: backup.createdAt, by: 'sums' }
  // The row of the reverse in the ledger is none of the application's.
  seedLocal(target, "INSERT INTO d1_migrations (name) VALUES ('0002_rollback.sql')")
  expect(await compare()).toMatchObject({ compared: { ...about, tables: [], objects: [] } })
  seedLocal(target, "UPDATE t SET v = 'zwei' WHERE id = 2; DELETE FROM u; CREATE INDEX t_v ON t (v);")
  expect(await compare()).toMatchObject({
    compared: {
      ...about,
      tables: [
        { table: 't', difference: 0 },
        { table: 'u', difference: -1 },
      ],
      objects: [{ change: 'added', type: 'index', name: 't_v' }],
    },
  })
  rmSync(path.join(target.backupDir, path.basename(backup.file)))
  expect(await compare()).toMatchObject({ compared: { unknown: expect.any(String) } })
})

it('prices the rows whose keys were given again since', async () => {
  const target = localTarget()
  const forward = 'DELETE FROM t WHERE id = 2;\n'
  const file = migrationFile('0001_less.sql', Buffer.from(forward))
  const activities = createActivities({ service: serviceOf([charterFor(target)]) })
  const backUp = (): Promise<BackupRecord> =>
    new MockActivityEnvironment().run(() => activities.createBackup({ target, files: [], keep: 9 }))
  seedLocal(target, `${LEDGER_SQL} ${SCHEMA} INSERT INTO t VALUES (1, 'a'), (2, 'b');`)
  const backup = await backUp()
  seedLocal(target, `${forward} INSERT INTO d1_migrations (name) VALUES ('${file.name}');`)
  const reverse = (current: BackupRecord): Promise<unknown> =>
    new MockActivityEnvironment().run(async () =>
      activities.prepareReverse({
        ...{ target, backup, current, planned: [], files: [file], bundle: await packBundle([file]) },
        ...{ at: '2026-03-08T03:08:00.000Z', runKey: 'local-20260308-030800-00000000' },
        ...{ ledgerBefore: [], applied: [file.name] },
      }),
    )
  expect(await reverse(await backUp())).toMatchObject({
    price: [],
    cost: { rowsLost: 0, valuesLost: 0, now: [] },
  })
  seedLocal(target, `INSERT INTO t (v) VALUES ('new');`)
  expect(await reverse(await backUp())).toMatchObject({
    price: [
      `1 row of t that the migration took does not come back, for its key or unique value belongs to rows written since, as (2, 'b').`,
    ],
    cost: {
      ...{ rowsLost: 1, valuesLost: 0 },
      now: [{ kind: 'row-not-back', table: 't', rows: 1, samples: [`2, 'b'`] }],
    },
  })
})

it('counts what others wrote to a remote database, as closely as reading it is allowed', async () => {
  const forward = 'ALTER TABLE t ADD COLUMN w TEXT;\n'
  const { target, api } = await remoteTarget(`${SCHEMA} INSERT INTO t (v) VALUES ('a'), ('b'); ${LEDGER_SQL}`)
  const file = migrationFile('0001_w.sql', Buffer.from(forward))
  const held = (to: typeof target) => createActivities({ service: serviceOf([charterFor(to)]) })
  const activities = held(target)
  const backUp = (): Promise<BackupRecord> =>
    new MockActivityEnvironment().run(() => activities.createBackup({ target, files: [], keep: 9 }))
  const backup = await backUp()
  const live = api.database(target.database.id)
  live.exec(`${forward} INSERT INTO d1_migrations (name) VALUES ('${file.name}');`)
  const bundle = await packBundle([file])
  const seen = async (backupMaxRowsRead?: number): Promise<Since | undefined> => {
    const limited = { ...target, ...(backupMaxRowsRead === undefined ? {} : { backupMaxRowsRead }) }
    const input = {
      ...{ target: limited, backup, bundle, files: [file], ledgerBefore: [], applied: [file.name] },
      ...{ at: '2026-03-08T03:08:00.000Z', runKey: `${target.environment}-20260308-030800-00000000` },
    }
    const reverse = (): ReturnType<typeof activities.prepareReverse> =>
      new MockActivityEnvironment().run(() => held(limited).prepareReverse(input))
    return (await reverse()).writtenSince
  }
  expect(await seen()).toMatchObject({ by: 'sums', tables: [], objects: [] })
  live.exec(`UPDATE t SET v = 'c' WHERE v = 'a'; CREATE INDEX theirs ON t (v);`)
  const objects = [{ change: 'added', type: 'index', name: 'theirs', table: 't' }]
  const changed = { table: 't', added: null, changed: null, gone: null, difference: 0 }
  expect(await seen()).toMatchObject({ by: 'sums', tables: [changed], objects })
  expect(await seen(0)).toMatchObject({ by: 'schema', tables: [], objects })
})

it('takes the reverse that lies in the migrations folder since, and keeps its name and its bytes', async () => {
  const target = localTarget()
  const file = migrationFile('0001_w.sql', Buffer.from(`${CHANGE}\n`))
  const theirs = 'ALTER TABLE t DROP COLUMN w;\n'
  const activities = createActivities({ service: serviceOf([charterFor(target)]) })
  seedLocal(target, `${LEDGER_SQL} ${SCHEMA}`)
  const backUp = (): Promise<BackupRecord> =>
    new MockActivityEnvironment().run(() => activities.createBackup({ target, files: [], keep: 9 }))
  const input = {
    ...{ target, backup: await backUp(), files: [file], bundle: await packBundle([file]) },
    ...{
      ledgerBefore: [],
      applied: [file.name],
      at: '2026-03-08T03:08:00.000Z',
      runKey: 'local-20260308-030800-00000000',
    },
  }
  mkdirSync(target.migrationsDir, { recursive: true })
  writeFileSync(path.join(target.migrationsDir, '0002_take_it_back.sql'), theirs)
  const reverse = (): ReturnType<typeof activities.prepareReverse> =>
    new MockActivityEnvironment().run(() => activities.prepareReverse(input))
  seedLocal(target, `${CHANGE} INSERT INTO d1_migrations (name) VALUES ('${file.name}');`)
  const { sha256 } = migrationFile('0002_take_it_back.sql', Buffer.from(theirs))
  expect(await reverse()).toMatchObject({
    migration: { name: '0002_take_it_back.sql', sha256 },
    ofFolder: true,
  })
  // One that is none is told apart, and ours does not take its number.
  writeFileSync(path.join(target.migrationsDir, '0002_take_it_back.sql'), 'SELECT 1;\n')
  writeFileSync(path.join(target.migrationsDir, '0003_rollback_w.sql'), 'DROP TABLE t;\n')
  const own = await reverse()
  expect(own).toMatchObject({ migration: { name: '0004_rollback_2026_03_08.sql' } })
  expect(own.ofFolder).toBeUndefined()
  expect(own.others?.map(({ name }) => name)).toEqual(['0003_rollback_w.sql'])
})
