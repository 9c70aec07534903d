import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, test } from 'vitest'
import { validateMigrations } from '../../src/analysis/validate/validate.js'
import { createActivities } from '../../src/activities/index.js'
import { rehearseMigrations } from '../../src/analysis/rehearse/rehearse.js'
import { readStatus } from '../../src/analysis/status.js'
import { defined } from '../../src/contract/defined.js'
import { RULES } from '../../src/analysis/rules/index.js'
import { packBundle } from '../../src/d1/migrations/bundle.js'
import { migrationFile } from '../../src/d1/migrations/migration-files.js'
import { ledgerSql, recordSql } from '../../src/d1/schema/ledger.js'
import { useOneEngine } from '../analysis/one-engine.js'
import { useBuiltProcesses } from '../analysis/own-process.js'
import { charterFor } from '../charter-for.js'
import { serviceOf } from '../../src/runbook/charter/service.js'
import { localTarget, seedLocal } from '../d1/local-target.js'

useBuiltProcesses()

interface Situation {
  name: string
  /** Made by hand, before the first file. */
  byHand?: string
  applied?: Record<string, string>
  /** Names in the ledger whose files are gone. */
  missing?: string[]
  pending?: Record<string, string>
  checksums?: Record<string, string>
  migrationsTable?: string
  /** Conflicts that all of them tell. */
  told?: string[]
  blocked?: true
}

const ONE = { '0001_one.sql': 'CREATE TABLE one (id INTEGER PRIMARY KEY, v TEXT);' }
const hashOf = (sql: string): string => migrationFile('x', Buffer.from(sql)).sha256

const SITUATIONS: Situation[] = [
  { name: 'a clean state', applied: ONE, pending: { '0002_two.sql': 'CREATE TABLE two (id);' } },
  {
    name: 'a duplicate number before an empty ledger',
    pending: { ...ONE, '0001_uno.sql': 'CREATE TABLE uno (id);' },
    told: ['SQ101'],
  },
  {
    name: 'a duplicate number behind its applied twin',
    applied: ONE,
    pending: { '0001_uno.sql': 'CREATE TABLE uno (id);' },
    told: ['SQ101'],
  },
  {
    name: 'a file out of order',
    applied: { ...ONE, '0003_three.sql': 'CREATE TABLE three (id);' },
    pending: { '0002_two.sql': 'CREATE TABLE two (id);' },
    told: ['SQ107'],
  },
  { name: 'an applied file that is gone', applied: ONE, missing: ['0000_gone.sql'], told: ['SQ105'] },
  {
    name: 'a file that was edited after it was applied',
    applied: ONE,
    checksums: { '0001_one.sql': '0'.repeat(64) },
    told: ['SQ104'],
  },
  {
    name: 'an applied file under a new name',
    missing: ['0001_old.sql'],
    checksums: { '0001_old.sql': hashOf('CREATE TABLE IF NOT EXISTS again (id);') },
    pending: { '0001_new.sql': 'CREATE TABLE IF NOT EXISTS again (id);' },
    told: ['SQ106'],
    blocked: true,
  },
  {
    name: 'a table made by hand that a later file alters',
    byHand: 'CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);',
    applied: ONE,
    pending: { '0002_bio.sql': 'ALTER TABLE users ADD COLUMN bio TEXT;' },
  },
  {
    name: 'a table made by hand before the first file',
    byHand: 'CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT); INSERT INTO users VALUES (1, NULL);',
    pending: {
      '0001_bio.sql': "ALTER TABLE users ADD COLUMN bio TEXT; UPDATE users SET bio = '' WHERE id = 1;",
    },
  },
  {
    name: 'an index and a trigger on a table made by hand, in the first file',
    byHand: 'CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);',
    pending: {
      '0001_more.sql':
        'CREATE INDEX by_email ON users (email); CREATE TRIGGER t AFTER INSERT ON users BEGIN UPDATE users SET email = lower(email) WHERE id = NEW.id; END;',
    },
  },
  {
    name: 'a table made by hand that the first file makes too',
    byHand: 'CREATE TABLE one (id INTEGER PRIMARY KEY);',
    pending: ONE,
    blocked: true,
  },
  {
    name: 'a column that a table made by hand has not',
    byHand: 'CREATE TABLE users (id INTEGER PRIMARY KEY);',
    pending: { '0001_index.sql': 'CREATE INDEX by_email ON users (email);' },
    blocked: true,
  },
  {
    name: 'a table that nobody made, in the first file',
    pending: { '0001_bio.sql': 'ALTER TABLE users ADD COLUMN bio TEXT;' },
    blocked: true,
  },
  {
    name: 'a statement that does not parse, in the first file',
    byHand: 'CREATE TABLE users (id INTEGER PRIMARY KEY);',
    pending: { '0001_bad.sql': 'ALTER TABEL users ADD COLUMN bio TEXT;' },
    blocked: true,
  },
  {
    name: 'an edited file beside one that is pending',
    applied: ONE,
    checksums: { '0001_one.sql': '0'.repeat(64) },
    pending: { '0002_two.sql': 'CREATE TABLE two (id);' },
    told: ['SQ104'],
  },
  {
    name: 'an edited file, a duplicate number and one that is gone',
    applied: ONE,
    missing: ['0000_gone.sql'],
    checksums: { '0001_one.sql': '0'.repeat(64) },
    pending: { '0001_uno.sql': 'CREATE TABLE uno (id);' },
    told: ['SQ105', 'SQ104', 'SQ101'],
  },
  {
    name: 'a column made by hand',
    byHand: 'CREATE TABLE notes (id INTEGER PRIMARY KEY); ALTER TABLE notes ADD COLUMN tag TEXT;',
    applied: ONE,
    pending: {
      '0002_index.sql': 'CREATE INDEX by_tag ON notes (tag); CREATE VIEW tags AS SELECT tag FROM notes;',
    },
  },
  {
    name: 'a reference and a view of what was made by hand',
    byHand: 'CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE VIEW everybody AS SELECT id FROM users;',
    applied: ONE,
    pending: {
      '0002_posts.sql':
        'CREATE TABLE posts (u INTEGER REFERENCES users (id)); CREATE VIEW some AS SELECT id FROM everybody;',
    },
  },
  {
    name: 'a search table made by hand',
    byHand: 'CREATE VIRTUAL TABLE found USING fts5 (body);',
    applied: ONE,
    pending: { '0002_find.sql': "INSERT INTO found (body) VALUES ('a text');" },
  },
  {
    name: 'a row that is made of rows',
    byHand: 'CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (7);',
    applied: ONE,
    pending: {
      '0002_owner.sql':
        'CREATE TABLE owner (id INTEGER NOT NULL); INSERT INTO owner SELECT (SELECT max(id) FROM users);',
    },
  },
  {
    name: 'a ledger of another name, which a file writes',
    applied: ONE,
    migrationsTable: 'history of changes',
    pending: { '0002_two.sql': 'DELETE FROM "history of changes";' },
    blocked: true,
  },
  {
    name: 'a table that nobody made',
    applied: ONE,
    pending: { '0002_bio.sql': 'ALTER TABLE nobody ADD COLUMN bio TEXT;' },
    blocked: true,
  },
]

const openScratch = useOneEngine(SITUATIONS.length)
const CONFLICTS = new Set(RULES.filter(({ conflict }) => conflict === true).map(({ code }) => code))

test.each(SITUATIONS)('status, plan and start say the same of $name', async (situation) => {
  const { byHand = '', applied = {}, missing = [], pending = {}, checksums } = situation
  const target = localTarget(defined({ migrationsTable: situation.migrationsTable }))
  const table = target.migrationsTable
  const ledger = [...missing, ...Object.keys(applied)]
  const records = ledger.map((name) => `${recordSql(table, name)};`)
  const database = seedLocal(
    target,
    [byHand, ...Object.values(applied), `${ledgerSql(table)};`, ...records].join('\n'),
  )
  const files = Object.entries({ ...applied, ...pending }).map(([name, sql]) =>
    migrationFile(name, Buffer.from(sql)),
  )
  const known = defined({ checksums })

  const status = await readStatus({ target, files, ...known })
  const plan = await rehearseMigrations(
    {
      databaseFile: database,
      files,
      applied: ledger,
      environment: 'local',
      database: target.database,
      migrationsTable: table,
      ...known,
    },
    openScratch,
  )
  const bundle = await packBundle(files)
  const input = { target, files, bundle, evidence: [], recentBackupMs: 1000, ...known }
  const checklist = await new MockActivityEnvironment()
    .run(() => createActivities({ service: serviceOf([charterFor(target)]) }).runChecklist(input))
    .then(
      () => 'passed',
      (error: unknown) => (error instanceof Error ? error.message : 'failed'),
    )

  const told = situation.told ?? []
  expect(status.conflicts.map(({ code }) => code)).toEqual(told)
  expect(plan.findings.filter(({ code }) => CONFLICTS.has(code)).map(({ code }) => code)).toEqual(told)
  expect({ plan: plan.verdict === 'block', start: checklist !== 'passed' }, checklist).toEqual({
    plan: situation.blocked === true,
    start: situation.blocked === true,
  })
  const blocking = status.conflicts.some((conflict) => conflict.blocking === true)
  expect(blocking).toBe(situation.blocked === true && told.length > 0)
})

test('validate, which knows no ledger, tells a duplicate number as the plan before an empty one does', async () => {
  const files = ['0001_a.sql', '0001_b.sql'].map((name) => migrationFile(name, Buffer.from('SELECT 1;')))
  const { success, findings } = await validateMigrations({ files })
  expect(success).toBe(true)
  expect(findings.map(({ code, severity }) => [code, severity])).toEqual([['SQ101', 'warning']])
})
