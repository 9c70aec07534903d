import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FaultKind } from '../../../sample/cloudflare-api/index.js'
import {
  bundledWrangler,
  createWranglerProject,
  DATABASE_ID,
  MIGRATIONS,
  type WranglerProject,
} from './wrangler-project.js'

/** Real Wrangler processes: what they make of each fault is what our own code has to live with. */
let project: WranglerProject

beforeAll(async () => {
  project = await createWranglerProject(bundledWrangler())
  for (const [name, sql] of Object.entries(MIGRATIONS)) project.write(`migrations/${name}`, sql)
})
afterAll(() => project.close())

describe('Wrangler and a fault while it applies', () => {
  const cases: { kind: FaultKind; applied: string[] }[] = [
    { kind: '504-before', applied: [] },
    { kind: '504-after', applied: ['0001_notes.sql'] },
    { kind: 'reset-after', applied: ['0001_notes.sql', '0002_log.sql'] },
    { kind: 'revoked', applied: ['0001_notes.sql', '0002_log.sql'] },
  ]

  test.each(cases)('$kind: the ledger holds $applied', async ({ kind, applied }) => {
    project.api.clearFaults()
    project.api.fault({
      route: 'query',
      kind,
      match: /INSERT INTO "?d1_migrations"?|CREATE TABLE notes|CREATE TABLE log/,
    })
    const run = await project.run('d1', 'migrations', 'apply', 'DB', '--remote')
    expect([run.failed, ledger()]).toEqual([true, applied])
  })

  test('then the rest is applied, nothing twice', async () => {
    project.api.clearFaults()
    const run = await project.run('d1', 'migrations', 'apply', 'DB', '--remote')
    expect([run.failed, ledger()]).toEqual([false, Object.keys(MIGRATIONS)])
    expect(project.api.database(DATABASE_ID).prepare('SELECT count(*) AS n FROM notes').get()).toEqual({
      n: 2,
    })
  })
})

describe('Wrangler and what D1 refuses', () => {
  test('a file with a transaction is refused whole', async () => {
    project.write('migrations/0004_bad.sql', 'CREATE TABLE half(a);\nSAVEPOINT s;\n')
    const run = await project.run('d1', 'migrations', 'apply', 'DB', '--remote')
    expect(run.failed).toBe(true)
    expect(run.all).toContain('SAVEPOINT')
    expect(ledger()).toEqual(Object.keys(MIGRATIONS))
  })

  test('an error of an imported file takes all of it back', async () => {
    project.write('bad.sql', "INSERT INTO notes(text) VALUES ('lost');\nINSERT INTO absent VALUES (1);\n")
    const run = await project.run('d1', 'execute', 'DB', '--remote', '--yes', '--file', 'bad.sql')
    expect([run.failed, run.all]).toEqual([
      true,
      expect.stringContaining('no such table: absent: SQLITE_ERROR'),
    ])
    expect(project.api.database(DATABASE_ID).prepare('SELECT count(*) AS n FROM notes').get()).toEqual({
      n: 2,
    })
  })

  test('an export with a virtual table fails', async () => {
    project.api.database(DATABASE_ID).exec('CREATE VIRTUAL TABLE search USING fts5(a)')
    const run = await project.run('d1', 'export', 'DB', '--remote', '--output', 'virtual.sql')
    expect([run.failed, run.all]).toEqual([
      true,
      expect.stringContaining('cannot export databases with Virtual Tables'),
    ])
    project.api.database(DATABASE_ID).exec('DROP TABLE search')
  })

  test('a database that is not there is not found', async () => {
    const { exitCode, all } = await project.spawn('d1', 'info', 'absent', '--json')
    expect([exitCode, all]).toEqual([1, expect.stringContaining('absent')])
  })
})

function ledger(): string[] {
  return project.applied()
}
