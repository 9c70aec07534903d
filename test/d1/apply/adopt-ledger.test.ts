import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Target } from '../../../src/contract/target.js'
import { adoptLedger } from '../../../src/d1/apply/adopt-ledger.js'
import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import { adoptSql, schemaSizeSql } from '../../../src/d1/schema/ledger.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../local-target.js'

const NAMES = ["0001_it's.sql", '0002_ü/migration.sql']
let target: Target

beforeEach(() => {
  target = localTarget()
})

const adopt = async (ledgerBefore: string[], names = NAMES): Promise<void> =>
  adoptLedger({
    ...{ target, names, ledgerBefore },
    schemaFingerprint: (await readSnapshot(target)).schemaFingerprint,
    stageRoot: join(target.projectDir, '.d1-runbook'),
  })

const ledger = async (): Promise<string[]> => (await readSnapshot(target)).ledger.map(({ name }) => name)

test('the rows come behind those that are there, once, and again they are not written', async () => {
  seedLocal(target, `${LEDGER_SQL} INSERT INTO d1_migrations (name) VALUES ('0003.sql'); CREATE TABLE t (x);`)
  await adopt(['0003.sql'])
  expect(await ledger()).toEqual(['0003.sql', ...NAMES])
  await adopt(['0003.sql'])
  expect(await ledger()).toEqual(['0003.sql', ...NAMES])
})

test('a ledger with another row than at the proof: refused by name', async () => {
  seedLocal(target, `${LEDGER_SQL} INSERT INTO d1_migrations (name) VALUES ('0001_theirs.sql');`)
  await expect(adopt([])).rejects.toMatchObject({
    type: 'Drifted',
    message: expect.stringContaining('its ledger has 0001_theirs.sql') as string,
  })
  expect(await ledger()).toEqual(['0001_theirs.sql'])
})

test('another schema than at the proof: refused', async () => {
  seedLocal(target, 'CREATE TABLE t (x);')
  const request = { target, names: NAMES, ledgerBefore: [], schemaFingerprint: 'another' }
  await expect(adoptLedger({ ...request, stageRoot: target.projectDir })).rejects.toMatchObject({
    type: 'Drifted',
  })
  expect(await ledger()).toEqual([])
})

test.each([
  ['a row that came', "INSERT INTO d1_migrations (name) VALUES ('x')"],
  ['a row that went', 'DELETE FROM d1_migrations'],
  ['a table that came', 'CREATE TABLE u (x)'],
  ['a column that came', 'ALTER TABLE t ADD COLUMN y'],
  ['an index that went', 'DROP INDEX t_x'],
])('the statement that writes looks itself: %s just before it, and it writes nothing', (_what, change) => {
  const database = openSqlite(':memory:')
  database.exec(
    `${LEDGER_SQL} INSERT INTO d1_migrations (name) VALUES ('0001.sql'); CREATE TABLE t (x); CREATE INDEX t_x ON t (x);`,
  )
  const schemaSize = String(database.prepare(schemaSizeSql('d1_migrations')).get()?.['size'])
  const sql = adoptSql('d1_migrations', { names: ['0002.sql'], before: ['0001.sql'], schemaSize })
  database.exec(`SAVEPOINT before; ${change}`)
  expect(database.prepare(sql).run().changes).toBe(0)
  database.exec('ROLLBACK TO before')
  expect(database.prepare(sql).run().changes).toBe(1)
  database.close()
})
