import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import { describe, expect, it } from 'vitest'
import type { Target } from '../../../src/contract/target.js'
import { applyMigration, type ApplyRequest } from '../../../src/d1/apply/apply.js'
import { migrationFile } from '../../../src/d1/migrations/migration-files.js'
import { fingerprintOf } from '../fingerprint.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../local-target.js'
import { remoteTarget } from '../remote-target.js'
import { temporaryFolder } from '../../temporary-folder.js'

const BEFORE = `CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL);`

function request(target: Target, sql: string, after: string, name = '0002_next.sql'): ApplyRequest {
  return {
    target,
    file: migrationFile(name, Buffer.from(sql)),
    ledgerBefore: ['0001_artists.sql'],
    fingerprintBefore: fingerprintOf(BEFORE),
    fingerprintAfter: fingerprintOf(after),
    stageRoot: temporaryFolder(),
  }
}

function seeded(): Target {
  const target = localTarget()
  seedLocal(target, `${LEDGER_SQL} ${BEFORE} INSERT INTO d1_migrations (name) VALUES ('0001_artists.sql');`)
  return target
}

const ADD_BIO = `ALTER TABLE artists ADD COLUMN bio TEXT;`

describe('applying one file', () => {
  it('says applied only of what it read back, and runs it once', async () => {
    const target = seeded()
    const work = request(target, ADD_BIO, BEFORE + ADD_BIO)
    const beats: number[] = []
    const first = await applyMigration({ ...work, onHeartbeat: ({ elapsedMs }) => beats.push(elapsedMs) })
    expect(first).toMatchObject({ name: '0002_next.sql', state: 'applied' })
    expect(beats.length).toBeGreaterThan(0)

    // A second run of the same activity records; a second ALTER would have failed.
    const again = await applyMigration(work)
    expect(again).toMatchObject({ state: 'applied', durationMs: null })
    const { ledger } = await readSnapshot(target)
    expect(ledger.map(({ name }) => name)).toEqual(['0001_artists.sql', '0002_next.sql'])
  })

  it('leaves nothing of a file that D1 refuses, and says absent', async () => {
    const target = seeded()
    const sql = `${ADD_BIO} INSERT INTO nowhere VALUES (1);`
    await expect(applyMigration(request(target, sql, BEFORE + ADD_BIO))).rejects.toMatchObject({
      type: 'SqlRefused',
      details: { state: 'absent' },
      message: expect.stringContaining('no such table: nowhere'),
    })
    const { ledger, schemaFingerprint } = await readSnapshot(target)
    expect(ledger).toHaveLength(1)
    expect(schemaFingerprint).toBe(fingerprintOf(BEFORE))
  })

  it('says partial, and blames nobody else, where a refused file left a part of itself', async () => {
    // As one report says of production, against all others.
    const seed = `${LEDGER_SQL} ${BEFORE} INSERT INTO d1_migrations (name) VALUES ('0001_artists.sql');`
    const { target } = await remoteTarget(seed, { queryMode: 'statement' })
    const sql =
      'CREATE TABLE half (id INTEGER);\nINSERT INTO nowhere VALUES (1);\nCREATE TABLE rest (id INTEGER);'
    const after = `${BEFORE} CREATE TABLE half (id INTEGER); CREATE TABLE rest (id INTEGER);`
    await expect(applyMigration(request(target, sql, after))).rejects.toMatchObject({
      type: 'ApplyPartial',
      details: { state: 'partial' },
      message: expect.stringMatching(/no such table: nowhere.*a part of it stayed, or others changed them/),
    })
  })

  // Of rows that are as before, and of rows that are not, ledger and schema look the same.
  it.each([
    ['transaction', /None of it stayed: nothing was written/],
    [
      'statement',
      /rows were written meanwhile, and whether by others or by a part of the file was not looked at/,
    ],
  ] as const)(
    'says what is known of the rows of a refused file: queryMode %s',
    async (queryMode, expected) => {
      const seed = `${LEDGER_SQL} ${BEFORE} INSERT INTO d1_migrations (name) VALUES ('0001_artists.sql');`
      const { target } = await remoteTarget(seed, { queryMode })
      const sql = `INSERT INTO artists (name) VALUES ('Eva');\nINSERT INTO nowhere VALUES (1);`
      await expect(applyMigration(request(target, sql, BEFORE))).rejects.toMatchObject({
        type: 'SqlRefused',
        details: { state: 'absent' },
        message: expect.stringMatching(expected),
      })
    },
  )

  it.each([
    ['a table that nobody planned', 'CREATE TABLE surprise (id INTEGER);', 'Drifted'],
    [
      'a ledger row of somebody else',
      `INSERT INTO d1_migrations (name) VALUES ('0009_other.sql');`,
      'Drifted',
    ],
    ['the change without its ledger row', ADD_BIO, 'ApplyPartial'],
    [
      'the ledger row without its change',
      `INSERT INTO d1_migrations (name) VALUES ('0002_next.sql');`,
      'ApplyPartial',
    ],
  ])('touches nothing when it finds %s', async (_what, sql, type) => {
    const target = seeded()
    seedLocal(target, sql)
    const before = await readSnapshot(target)
    await expect(applyMigration(request(target, ADD_BIO, BEFORE + ADD_BIO))).rejects.toMatchObject({ type })
    expect(await readSnapshot(target)).toEqual(before)
  })

  it('refuses bytes that were not approved', async () => {
    const target = seeded()
    const work = request(target, ADD_BIO, BEFORE + ADD_BIO)
    const file = { ...work.file, sql: 'DROP TABLE artists;' }
    await expect(applyMigration({ ...work, file })).rejects.toMatchObject({ type: 'Drifted' })
  })
})
