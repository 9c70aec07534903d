import { describe, expect, test } from 'vitest'
import { planQueries, productionQueries } from '../../../src/analysis/rehearse/production-queries.js'
import { OWN_STATEMENT } from '../../../src/contract/own-statement.js'
import type { QueryTraffic, TrafficReading } from '../../../src/contract/queries.js'

type Read = Extract<TrafficReading, { state: 'read' }>

const window = { from: '2026-03-01T00:00:00.000Z', to: '2026-03-08T00:00:00.000Z' }
const asked = (sql: string, figures: Partial<QueryTraffic> = {}): QueryTraffic => ({
  ...{ id: sql, sql, calls: 1, rowsRead: 1, rowsWritten: 0, durationMs: 1, recent: true },
  ...figures,
})
const reading = (queries: QueryTraffic[], calls = 100): Read => ({
  ...{ state: 'read', source: 'graphql', window, queries, calls },
})
const context = { migrationsTable: 'ledger', files: [] as { sql: string }[] }
const chosen = (queries: QueryTraffic[], about = context): string[] =>
  productionQueries(reading(queries), about).chosen.map(({ sql }) => sql)

describe("the application's own queries", () => {
  test.each([
    'SELECT * FROM a WHERE b = ?',
    'WITH x AS (SELECT 1) SELECT * FROM x, a',
    'INSERT INTO a (b) VALUES (?1)',
    'update a set b = ? where c = ?',
    '/* from the shop */ DELETE FROM a WHERE b = ?;',
    "REPLACE INTO a VALUES ('DROP TABLE a; ATTACH x')",
  ])('are tried: %s', (sql) => {
    expect(chosen([asked(sql)])).toEqual([sql])
  })

  test.each([
    `${OWN_STATEMENT} SELECT * FROM a`,
    'SELECT name FROM ledger',
    'INSERT INTO "d1_migrations" (name) VALUES (?)',
    `SELECT name FROM sqlite_master WHERE type = 'table'`,
    'SELECT * FROM pragma_table_info(?)',
    'SELECT * FROM _cf_KV',
    'CREATE TABLE a (b)',
    'DROP TABLE a',
    'PRAGMA table_info(a)',
    "ATTACH '/tmp/x' AS x",
    'EXPLAIN SELECT * FROM a',
    'SELECT 1; DROP TABLE a',
    "SELECT 'open",
    '-- nothing',
  ])('are not, and are never run: %s', (sql) => {
    expect(productionQueries(reading([asked(sql)]), context)).toEqual({ chosen: [], leftOut: 1 })
  })

  test('are not the statements of migration files, however they are written there', () => {
    const files = [{ sql: 'CREATE TABLE a (b); UPDATE a\n  SET b = 1; -- backfill' }]
    expect(chosen([asked('update a SET b=1'), asked('UPDATE a SET b = 2')], { ...context, files })).toEqual([
      'UPDATE a SET b = 2',
    ])
  })

  test('are ranked by what they cost and how often they are asked, and bounded', () => {
    const many = Array.from({ length: 40 }, (_, at) => asked(`SELECT ${at} FROM a`, { calls: 2 }))
    const found = chosen([
      ...many,
      asked('SELECT costly FROM a', { rowsRead: 1_000_000 }),
      asked('SELECT frequent FROM a', { calls: 5000 }),
      asked('INSERT INTO a VALUES (?)', { rowsWritten: 400, calls: 3 }),
    ])
    expect(found).toHaveLength(30)
    expect(new Set(found.slice(0, 3))).toEqual(
      new Set(['SELECT costly FROM a', 'SELECT frequent FROM a', 'INSERT INTO a VALUES (?)']),
    )
  })
})

describe('what the plan says of them', () => {
  const query = asked('SELECT * FROM a WHERE b = ?', { calls: 10, rowsRead: 120 })
  const of = (
    queries: QueryTraffic[],
    more: { rows?: { before: number; after: number }; whole?: boolean },
  ) => {
    const read = reading(queries)
    const measured = new Map(more.rows === undefined ? [] : [[query.sql, more.rows]])
    return planQueries(read, productionQueries(read, context), {
      trials: [],
      measured,
      wholeCopy: more.whole ?? true,
    })
  }

  test('covers the share of all calls that they make', () => {
    expect(of([query], {})).toMatchObject({ covered: 0.1, calls: 100, leftOut: 0 })
  })

  test('adds to the month what the copy shows that a call reads more', () => {
    const { rowsPerMonth } = of([query], { rows: { before: 12, after: 48_000 } }) as { rowsPerMonth: unknown }
    expect(rowsPerMonth).toEqual({
      before: Math.round((120 * 30) / 7),
      after: Math.round(((120 + 10 * 47_988) * 30) / 7),
    })
  })

  test('foretells no bill from a copy that may not be what production holds', () => {
    expect(of([query], { rows: { before: 12, after: 48_000 }, whole: false })).not.toHaveProperty(
      'rowsPerMonth',
    )
  })

  test('shortens a text that is long, in its name and in itself', () => {
    const long = asked(`SELECT * FROM a WHERE b IN (${Array(2000).fill('?').join(', ')})`)
    const [known] = (of([long], {}) as { known: { name: string; sql: string }[] }).known
    expect(known?.name.length).toBeLessThanOrEqual(90)
    expect(known?.sql.length).toBeLessThanOrEqual(2001)
  })

  test('says why nothing is known', () => {
    const unknown = { state: 'unknown', window, because: 'no token' } as const
    expect(
      planQueries(unknown, { chosen: [], leftOut: 0 }, { trials: [], measured: new Map(), wholeCopy: true }),
    ).toEqual(unknown)
  })
})
