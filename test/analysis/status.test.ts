import { describe, expect, it } from 'vitest'
import type { MigrationRef } from '../../src/contract/target.js'
import { findConflicts, readStatus } from '../../src/analysis/status.js'
import { fingerprintOf } from '../d1/fingerprint.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../d1/local-target.js'

const files = (...names: string[]): MigrationRef[] => names.map((name) => ({ name, sha256: 'a'.repeat(64) }))

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
      'a rename behind the same number',
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
      'two pending files of one number, told once',
      ['0001_a.sql'],
      ['0001_a.sql', '0002_b.sql', '0002_c.sql'],
      [['SQ101', '0002_c.sql']],
    ],
    [
      'two pending files of one number before an empty ledger',
      [],
      ['0001_a.sql', '0001_b.sql'],
      [['SQ101', '0001_b.sql']],
    ],
    [
      'a pending file with the number of an applied one',
      ['0001_a.sql'],
      ['0001_a.sql', '0001_b.sql'],
      [['SQ101', '0001_b.sql']],
    ],
    ['none of a file without a number, which runs last', ['0001_a.sql'], ['0001_a.sql', 'fix.sql'], []],
    ['none of a file before one without a number', ['fix.sql'], ['0001_a.sql', 'fix.sql'], []],
  ])('are %s', (_what, applied, present, expected) => {
    const found = findConflicts({ files: files(...present), applied, checksums: undefined })
    expect(found.map(({ code, migration }) => [code, migration])).toEqual(expected)
    for (const { message, migration, blocking } of found) {
      expect(message).toContain(migration)
      expect(blocking).toBe(false)
    }
  })

  it('list a file that was edited after it was applied, which blocks nothing', () => {
    const history = {
      files: files('0001_a.sql'),
      applied: ['0001_a.sql'],
      checksums: { '0001_a.sql': 'b'.repeat(64) },
    }
    expect(findConflicts(history)).toMatchObject([
      { code: 'SQ104', migration: '0001_a.sql', blocking: false },
    ])
  })

  it('block where a file surely would run again, until it accepts that', () => {
    const conflict = (sql: string): object => {
      const found = findConflicts({
        files: [{ name: '0002_again.sql', sha256: 'a'.repeat(64), sql }],
        applied: ['0001_once.sql'],
        checksums: { '0001_once.sql': 'a'.repeat(64) },
      })
      return found.map(({ code, blocking }) => ({ code, blocking }))
    }
    expect(conflict('SELECT 1;')).toEqual([{ code: 'SQ106', blocking: true }])
    const accepted = '-- d1-runbook: accept SQ106 0002_again.sql: it may run twice\nSELECT 1;'
    expect(conflict(accepted)).toEqual([{ code: 'SQ106', blocking: false }])
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
    const inCapitals = { ...target, migrationsTable: 'ODD "Ledger"' }
    const same = await readStatus({ target: inCapitals, files: files('0001_t.sql') })
    expect([same.pending, same.schemaFingerprint]).toEqual([[], status.schemaFingerprint])
  })
})
