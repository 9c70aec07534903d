import { ledgerSql } from '../../../src/d1/schema/ledger.js'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Evidence } from '../../../src/analysis/evidence.js'
import { followTables } from '../../../src/analysis/replay/lineage.js'
import { replayFile } from '../../../src/analysis/replay/replay.js'
import { rehearseWayBack } from '../../../src/analysis/reverse/rehearsal.js'
import { CATALOG_SQL, catalogOf } from '../../../src/d1/schema/catalog.js'
import { readDetailedCatalog } from '../../../src/d1/schema/schema.js'
import { openSqlite, quoteName } from '../../../src/d1/sqlite/sqlite.js'
import { randomForward, randomOf, randomSchema } from '../random-migration.js'

const SEEDS = 500
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'd1-runbook-reverse-'))
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the generated reverse migration', () => {
  test(`restores schema and rows, or its price names the table (${SEEDS} seeds)`, async () => {
    let available = 0
    let free = 0
    const reasons: string[] = []
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { outcome, differing, sameSchema } = await thereAndBack(seed)
      if (!outcome.available) {
        reasons.push(`seed ${seed}: ${outcome.price[0] ?? ''}`)
        continue
      }
      available += 1
      expect(sameSchema, `schema after seed ${seed}`).toBe(true)
      if (differing.length === 0) {
        free += 1
        expect(outcome.cost, `cost after seed ${seed}`).toEqual({ rowsLost: 0, valuesLost: 0, tables: [] })
      }
      for (const table of differing) {
        expect(outcome.price.join('\n'), `seed ${seed}: ${table} differs\n${outcome.sql ?? ''}`).toContain(
          table,
        )
      }
    }
    console.log(`${available} of ${SEEDS} reversed, ${free} without any difference\n${reasons.join('\n')}`)
    expect(available).toBeGreaterThan(SEEDS * 0.95)
  })
})

async function thereAndBack(seed: number) {
  const random = randomOf(seed)
  const place = mkdtempSync(join(folder, 'seed-'))
  const prior = join(place, 'prior.sqlite')
  const main = join(place, 'main.sqlite')
  const start = openSqlite(prior)
  start.exec('PRAGMA synchronous = OFF')
  start.exec(ledgerSql('d1_migrations'))
  for (const statement of randomSchema(random)) attempt(start, [statement])
  const wanted = contentOf(start)
  start.close()
  copyFileSync(prior, main)
  const database = openSqlite(main)
  database.exec('PRAGMA synchronous = OFF')
  const before = readDetailedCatalog(database)
  const forward = working(main, randomForward(random))
  const replay = replayFile(
    database,
    { name: '0002.sql', sql: forward },
    { migrationsTable: 'd1_migrations', countRows: true, origin: before },
  )
  const after = readDetailedCatalog(database)
  database.close()
  const statements = replay.failures.length > 0 ? [] : replay.statements
  const evidence: Evidence = {
    mode: 'copy',
    files: [],
    statements,
    before,
    after,
    fates: followTables(before, after, statements),
    failures: [],
    broken: [],
    sequences: [],
    repeated: [],
    search: [],
    violations: [],
    oldViolations: [],
    certain: true,
    durations: {},
    destination: { place: 'local', remoteId: false },
  }
  const outcome = await rehearseWayBack({
    prior,
    main,
    folder: place,
    migrationsTable: 'd1_migrations',
    evidence,
  })
  const back = openSqlite(main)
  if (outcome.available) back.exec(`BEGIN; ${outcome.sql ?? ''} COMMIT;`)
  const got = contentOf(back)
  back.close()
  rmSync(place, { recursive: true, force: true })
  const differing = [...wanted.tables]
    .filter(([table, rows]) => got.tables.get(table) !== rows)
    .map(([table]) => table)
  return { outcome, differing, sameSchema: got.schema === wanted.schema }
}

/** The statements that run, tried out on a copy: a failing group is left out. */
function working(main: string, groups: string[][]): string {
  const copy = `${main}.try`
  copyFileSync(main, copy)
  const database = openSqlite(copy)
  database.exec('PRAGMA synchronous = OFF')
  const kept = groups.filter((group) => attempt(database, group))
  database.close()
  return kept
    .flat()
    .map((statement) => `${statement};\n`)
    .join('')
}

function attempt(database: DatabaseSync, statements: string[]): boolean {
  try {
    database.exec(`BEGIN; ${statements.join(';')}; COMMIT;`)
    return true
  } catch {
    try {
      database.exec('ROLLBACK')
    } catch {
      // The statement ended the transaction itself.
    }
    return false
  }
}

/** Schema and rows as text, read without any of the code under test but the catalogue. */
function contentOf(database: DatabaseSync): { schema: string; tables: Map<string, string> } {
  const catalog = catalogOf(database.prepare(CATALOG_SQL).all())
  const tables = catalog
    .filter(({ type }) => type === 'table')
    .map(({ name }): [string, string] => {
      const columns = (
        database.prepare(`PRAGMA table_info(${quoteName(name)})`).all() as { name: string }[]
      ).map((column) => `quote(${quoteName(column.name)})`)
      const rows = database
        .prepare(`SELECT ${columns.join(` || '|' || `)} AS line FROM ${quoteName(name)} ORDER BY 1`)
        .all() as { line: string }[]
      return [name, rows.map(({ line }) => line).join('\n')]
    })
  return { schema: JSON.stringify(catalog), tables: new Map(tables) }
}
