import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../../src/contract/backup.js'
import type { MigrationRef } from '../../../src/contract/target.js'
import { findConflicts, pendingFiles, readStatus } from '../../../src/d1/migrations/status.js'
import { fingerprintOf } from '../fingerprint.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../local-target.js'

const ledger = (...names: string[]): LedgerEntry[] =>
  names.map((name, index) => ({ id: index + 1, name, appliedAt: '2026-01-01 00:00:00' }))
const files = (...names: string[]): MigrationRef[] => names.map((name) => ({ name, sha256: 'a'.repeat(64) }))

describe('pending files', () => {
  it.each([
    [
      'all of an empty ledger, by number',
      [],
      ['0010_c.sql', '0002_b.sql', '1_a.sql'],
      ['1_a.sql', '0002_b.sql', '0010_c.sql'],
    ],
    ['none when all are applied', ['0001_a.sql'], ['0001_a.sql'], []],
    [
      'a gap that was filled later',
      ['0001_a.sql', '0003_c.sql'],
      ['0001_a.sql', '0002_b.sql', '0003_c.sql'],
      ['0002_b.sql'],
    ],
    ['a renamed file, as Wrangler sees it', ['0001_a.sql'], ['0001_A.sql'], ['0001_A.sql']],
  ])('are %s', (_what, applied, present, pending) => {
    expect(pendingFiles(ledger(...applied), files(...present)).map(({ name }) => name)).toEqual(pending)
  })
})

describe('conflicts', () => {
  it.each<[string, string[], string[], [string, string][]]>([
    ['none of a clean state', ['0001_a.sql'], ['0001_a.sql', '0002_b.sql'], []],
    [
      'none of gaps and duplicates that are history',
      ['1_a.sql', '0007_b.sql', '0007_c.sql'],
      ['1_a.sql', '0007_b.sql', '0007_c.sql', '0009_d.sql'],
      [],
    ],
    ['an applied file that is gone', ['0001_a.sql', '0002_b.sql'], ['0001_a.sql'], [['SQ105', '0002_b.sql']]],
    [
      'a rename behind the same number, and that it repeats',
      ['0001_a.sql', '0002_b.sql'],
      ['0001_a.sql', '0002_better.sql'],
      [['SQ106', '0002_better.sql']],
    ],
    [
      'a renumbered file',
      ['0001_a.sql', '0002_add_bio.sql'],
      ['0001_a.sql', '0003_add-bio.sql'],
      [['SQ106', '0003_add-bio.sql']],
    ],
    [
      'a file behind what was applied',
      ['0001_a.sql', '0003_c.sql'],
      ['0001_a.sql', '0002_b.sql', '0003_c.sql'],
      [['SQ107', '0002_b.sql']],
    ],
    [
      'two pending files of one number',
      ['0001_a.sql'],
      ['0001_a.sql', '0002_b.sql', '0002_c.sql'],
      [
        ['SQ101', '0002_b.sql'],
        ['SQ101', '0002_c.sql'],
      ],
    ],
    [
      'a pending file with the number of an applied one',
      ['0001_a.sql'],
      ['0001_a.sql', '0001_b.sql'],
      [['SQ101', '0001_b.sql']],
    ],
    ['none of a file without a number, which runs last', ['0001_a.sql'], ['0001_a.sql', 'fix.sql'], []],
    ['a file before one without a number', ['fix.sql'], ['0001_a.sql', 'fix.sql'], [['SQ107', '0001_a.sql']]],
  ])('are %s', (_what, applied, present, expected) => {
    const found = findConflicts(ledger(...applied), files(...present))
    expect(found.map(({ code, migration }) => [code, migration])).toEqual(expected)
    for (const { message, migration } of found) expect(message).toContain(migration)
  })
})

describe('the status', () => {
  it('is read from the database, and reading leaves no ledger behind', async () => {
    const target = localTarget()
    const schema = 'CREATE TABLE t (id INTEGER);'
    seedLocal(target, schema)
    const before = await readStatus({ target, files: files('0001_t.sql') })
    expect(before).toMatchObject({ applied: [], pending: [{ name: '0001_t.sql' }], conflicts: [] })
    expect(before.schemaFingerprint).toBe(fingerprintOf(schema))
    seedLocal(target, `${LEDGER_SQL} INSERT INTO d1_migrations (name) VALUES ('0001_t.sql');`)
    const after = await readStatus({ target, files: files('0001_t.sql') })
    expect(after).toMatchObject({ applied: [{ id: 1, name: '0001_t.sql' }], pending: [] })
    expect(after.schemaFingerprint).toBe(before.schemaFingerprint)
  })

  it('takes the ledger from the table that the Wrangler file names', async () => {
    const target = localTarget({ migrationsTable: 'odd "ledger"' })
    seedLocal(target, LEDGER_SQL.replace('d1_migrations', '"odd ""ledger"""'))
    seedLocal(target, `INSERT INTO "odd ""ledger""" (name) VALUES ('0001_t.sql');`)
    const status = await readStatus({ target, files: files('0001_t.sql') })
    expect(status.applied.map(({ name }) => name)).toEqual(['0001_t.sql'])
    expect(status.schemaFingerprint).toBe(fingerprintOf(''))
  })
})
