import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rehearseInOwnProcess } from '../../../src/analysis/rehearse/in-own-process.js'
import { rehearseMigrations } from '../../../src/analysis/rehearse/rehearse.js'
import type { Plan } from '../../../src/contract/plan.js'
import type { KnownQuery, QueryTraffic, TrafficReading } from '../../../src/contract/queries.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { startScratchEngine, type ScratchEngine } from '../../../src/d1/scratch/scratch-workerd.js'
import { useBuiltProcesses } from '../own-process.js'
import { migrationFile } from '../scenario-run.js'

const FIRST = `
CREATE TABLE articles (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, title TEXT, body TEXT);
CREATE INDEX articles_by_author ON articles (author_id);
CREATE TABLE log (id INTEGER PRIMARY KEY, line TEXT);`
const ROWS = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO articles (author_id, title) SELECT i % 400, 'title ' || i FROM n;`
const BY_AUTHOR = 'SELECT id, title FROM articles WHERE author_id = ?'

let folder: string
let databaseFile: string
let engine: ScratchEngine

useBuiltProcesses()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'd1-runbook-traffic-'))
  databaseFile = join(folder, 'live.sqlite')
  const database = openSqlite(databaseFile)
  database.exec(`${FIRST} ${ROWS}`)
  database.close()
  engine = await startScratchEngine(15)
})
afterAll(async () => {
  await engine.stop()
  await engine.remove()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const asked = (sql: string, figures: Partial<QueryTraffic> = {}): QueryTraffic => ({
  ...{ id: sql, sql, calls: 100, rowsRead: 1000, rowsWritten: 0, durationMs: 10, recent: true },
  ...figures,
})

function inputOf(migration: string, queries: QueryTraffic[]) {
  const window = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-08T00:00:00.000Z' }
  const traffic: TrafficReading = { state: 'read', source: 'graphql', window, queries, calls: 1000 }
  return {
    databaseFile,
    files: [migrationFile('0001_first.sql', FIRST), migrationFile('0002_next.sql', migration)],
    applied: ['0001_first.sql'],
    environment: 'production',
    database: { name: 'live', id: 'live', remote: true },
    traffic,
    wholeCopy: true,
  }
}

const rehearse = (migration: string, queries: QueryTraffic[]): Promise<Plan> =>
  rehearseMigrations(inputOf(migration, queries), engine.open)

function only({ queries }: Plan): KnownQuery | undefined {
  return queries?.state === 'read' ? queries.known[0] : undefined
}

const codesOf = ({ findings }: Plan): string[] =>
  findings.map(({ code, severity }) => `${code} ${severity}`).sort()

describe("production's own queries, without configuration", () => {
  test('a dropped index is named with the query that searched it, and with what that reads now', async () => {
    const plan = await rehearse('DROP INDEX articles_by_author;', [asked(BY_AUTHOR)])
    expect(codesOf(plan)).toEqual(['IX101 info', 'QC102 warning'])
    expect(plan.verdict).toBe('acknowledge')
    for (const { message } of plan.findings) {
      expect(message).toContain(BY_AUTHOR)
      expect(message).toContain('articles_by_author')
    }
    expect(plan.findings.find(({ code }) => code === 'QC102')).toMatchObject({
      ...{ migration: '0002_next.sql', line: 1, table: 'articles' },
      fix: { sql: expect.stringContaining('CREATE INDEX articles_by_author') },
    })
    expect(only(plan)).toMatchObject({
      ...{ outcome: 'scans', indexes: ['articles_by_author'], rowsPerCall: { before: 11, after: 4000 } },
    })
    expect(plan.queries).toMatchObject({ covered: 0.1, rowsPerMonth: { before: 4286 } })
  })

  test('an index that is made again in front of it is no loss', async () => {
    const migration =
      'DROP INDEX articles_by_author; CREATE INDEX articles_by_author_title ON articles (author_id, title);'
    const plan = await rehearse(migration, [asked(BY_AUTHOR)])
    expect(plan.verdict).toBe('ok')
    expect(only(plan)).toMatchObject({ outcome: 'unchanged', rowsPerCall: { before: 11, after: 11 } })
  })

  test('a dropped column breaks the query that reads it, and the file can accept that', async () => {
    const migration = 'ALTER TABLE articles DROP COLUMN body;'
    const query = asked('SELECT body FROM articles WHERE id = ?1')
    const plan = await rehearse(migration, [query])
    expect(plan.findings).toContainEqual(
      expect.objectContaining({
        code: 'QC101',
        severity: 'error',
        migration: '0002_next.sql',
        table: 'articles',
      }),
    )
    expect(only(plan)).toMatchObject({ outcome: 'breaks', because: expect.stringContaining('body') })
    const accepted = await rehearse(
      `-- d1-runbook: accept QC101 articles: the new version is out\n${migration}`,
      [query],
    )
    expect(accepted.findings.find(({ code }) => code === 'QC101')?.accepted).toBeDefined()
  })

  test('one that nobody asked in the last day warns: its application may be no more', async () => {
    const query = asked('SELECT body FROM articles', { recent: false })
    const plan = await rehearse('ALTER TABLE articles DROP COLUMN body;', [query])
    expect(plan.findings.find(({ code }) => code === 'QC101')?.severity).toBe('warning')
  })

  test('one that fails before already, as a shortened text does, is said to be untried and no finding', async () => {
    const plan = await rehearse('CREATE TABLE more (a);', [asked('SELECT title FROM articles WHERE (a')])
    expect(plan.verdict).toBe('ok')
    expect(only(plan)?.outcome).toBe('not-tried')
  })

  test('an INSERT, UPDATE or DELETE is tried and taken back', async () => {
    const plan = await rehearse('CREATE TABLE more (a);', [
      asked('INSERT INTO log (line) VALUES (?)'),
      asked('UPDATE articles SET title = ? WHERE id = ?'),
      asked('DELETE FROM articles'),
    ])
    expect(plan.verdict).toBe('ok')
    expect(plan.rows.find(({ table }) => table === 'articles')).toMatchObject({ before: 4000, after: 4000 })
    const known = plan.queries?.state === 'read' ? plan.queries.known : []
    expect(known.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged'])
  })

  test('what is unknown is said, and the plan goes on', async () => {
    const input = inputOf('CREATE TABLE more (a);', [])
    const window = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-08T00:00:00.000Z' }
    const traffic: TrafficReading = { state: 'unknown', window, because: 'the token may not' }
    const plan = await rehearseMigrations({ ...input, traffic }, engine.open)
    expect(plan).toMatchObject({ verdict: 'ok', queries: traffic })
  })

  test('one that does not end is ended, said to be untried, and the others are judged', async () => {
    const endless =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n, articles'
    const queries = [asked(BY_AUTHOR), asked(endless, { calls: 90 })]
    const plan = await rehearseInOwnProcess({
      ...inputOf('DROP INDEX articles_by_author;', queries),
      queryLimitMs: 2_000,
    })
    expect(codesOf(plan)).toEqual(['IX101 info', 'QC102 warning'])
    expect(plan.queries).toMatchObject({
      known: [
        { outcome: 'scans' },
        { outcome: 'not-tried', because: expect.stringContaining('did not end') },
      ],
    })
  })
})

describe('the queries that the configuration names', () => {
  const queries = [{ name: 'by author', sql: BY_AUTHOR }]

  test.each([
    [500, '500 rows'],
    [1, '1 row'],
  ])('are not without a difference where they read a small table through: %i rows', async (rows, has) => {
    const small = join(folder, `small-${rows}.sqlite`)
    const database = openSqlite(small)
    database.exec(`${FIRST} ${ROWS.replace('4000', String(rows))}`)
    database.close()
    const input = { ...inputOf('DROP INDEX articles_by_author;', []), databaseFile: small, queries }
    const plan = await rehearseMigrations(input, engine.open)
    expect(codesOf(plan)).toEqual(['IX101 info'])
    expect(plan.configuredQueries).toEqual([
      { name: 'by author', outcome: 'scans', because: `articles has ${has} on the copy` },
    ])
  })

  test('are not compared where a file fails, and no harm is taken back by that', async () => {
    const fails = 'ALTER TABLE articles DROP COLUMN body; INSERT INTO articles (id) VALUES (1);'
    const body = { name: 'body', sql: 'SELECT body FROM articles' }
    const input = { ...inputOf(fails, []), queries: [...queries, body] }
    const plan = await rehearseMigrations(input, engine.open)
    expect(plan.findings.map(({ code }) => code)).toContain('RH101')
    const because = '0002_next.sql fails on the copy, so there is nothing of afterwards to compare with'
    expect(plan.configuredQueries).toContainEqual({ name: 'by author', outcome: 'not-tried', because })
    expect(plan.configuredQueries).toHaveLength(2)
  })
})

describe('what each statement costs', () => {
  test("is counted by D1's engine, statement by statement", async () => {
    const plan = await rehearse(
      `UPDATE articles SET body = title;\n\n-- why\nDELETE FROM articles WHERE author_id = 7;`,
      [],
    )
    expect(plan.migrations[0]?.statementCosts).toEqual([
      { line: 1, rowsRead: 4000, rowsWritten: 4000, ms: expect.any(Number) },
      { line: 4, rowsRead: expect.any(Number), rowsWritten: expect.any(Number), ms: expect.any(Number) },
    ])
    expect(plan.migrations[0]?.statementCosts?.[1]?.rowsRead).toBeLessThan(100)
  })

  test('names the trigger that a backfill sets off, with the rows that it writes', async () => {
    const trigger = `CREATE TRIGGER articles_log AFTER UPDATE OF title ON articles BEGIN INSERT INTO log (line) VALUES (new.title); END;`
    const plan = await rehearse(`${trigger}\nUPDATE articles SET title = upper(title);`, [])
    const found = plan.findings.find(({ code }) => code === 'RH102')
    expect(found).toMatchObject({ severity: 'info', line: 2, table: 'articles' })
    expect(found?.message).toMatch(
      /4,000 rows and sets off the trigger articles_log, which writes 4,000 rows more/,
    )
    const silent = await rehearse(`${trigger}\nUPDATE articles SET body = 'x';`, [])
    expect(codesOf(silent)).not.toContain('RH102 info')
  })
})
