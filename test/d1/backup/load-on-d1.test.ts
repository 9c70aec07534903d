import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { connectionReader, exportSqlite } from '../../../src/d1/backup/export/export.js'
import { compareSummaries, summarise } from '../../../src/d1/backup/export/summary.js'
import { writeReplacement } from '../../../src/d1/backup/replace-content.js'
import { restoreAndMeasure } from '../../../src/d1/backup/verify.js'
import { takeInventory } from '../../../src/d1/schema/inventory.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { randomOf } from '../../analysis/random-migration.js'
import { startCloudflareApi } from '../../../sample/cloudflare-api/index.js'
import { FULL } from '../../full.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { importByApi } from './import-by-api.js'
import { randomDatabase } from './random-database.js'

/** Dumps what `statements` make, and lets D1's engine load it: what is there afterwards against what was there before. */
async function throughD1(statements: string[]): Promise<{ problems: string[]; foreignKeys: number }> {
  const folder = path.join(temporaryFolder(), 'd1')
  mkdirSync(folder)
  const [source, file, loaded] = ['source.sqlite', 'dump.sql', 'loaded.sqlite'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string]
  const database = openSqlite(source, { foreignKeys: false })
  for (const sql of statements) database.exec(sql)
  const expected = await summarise(database, await takeInventory(connectionReader(database)))
  database.close()
  await exportSqlite({ database: source, file, head: [] })
  const { tables, restore } = await restoreAndMeasure({
    ...{ sqlFile: file, sqliteFile: loaded, migrationsTable: 'd1_migrations', engine: 'd1' },
  })
  return {
    problems: compareSummaries(expected, tables, { expected: 'before', found: 'after' }),
    foreignKeys: restore.foreignKeyViolations,
  }
}

const series = (count: number): string =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`

describe("D1's own engine takes a dump back", () => {
  it.each<[string, string[]]>([
    [
      'objects with a comment behind their last word, of which SQLite keeps it',
      [
        'CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT -- all of them\n;',
        'INSERT INTO t VALUES (1), (2)',
        'CREATE INDEX t_id ON t (id) -- by number',
        'CREATE VIEW v AS SELECT id FROM t -- what is seen\n;',
        'CREATE VIEW w AS SELECT id FROM v /* and no more',
      ],
    ],
    [
      'narrow rows, of which few bytes are many operations',
      [
        'CREATE TABLE flags (id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h)',
        `INSERT INTO flags ${series(5000)} SELECT i, 0, 1, 0, 1, 0, 1, 0, 1 FROM n`,
      ],
    ],
    [
      'a table of 100 columns',
      [
        `CREATE TABLE wide (${Array.from({ length: 100 }, (_, at) => `c${at}`).join(', ')})`,
        `INSERT INTO wide ${series(300)} SELECT ${Array.from({ length: 100 }, (_, at) => `i * ${at}`).join(', ')} FROM n`,
      ],
    ],
    [
      'rows longer than a statement may be, in quotes, in characters of several bytes, with U+0000, as blobs, under a CHECK',
      [
        'CREATE TABLE long (id INTEGER PRIMARY KEY, a TEXT CHECK (length(a) <> 40000), b BLOB, c TEXT CHECK (json_valid(c)))',
        `INSERT INTO long VALUES (1, replace(hex(zeroblob(100000)), '00', ''''), zeroblob(150000), json_array(hex(zeroblob(90000))))`,
        `INSERT INTO long VALUES (2, replace(hex(zeroblob(60000)), '00', 'žü🎨'), randomblob(300000), '{}')`,
        `INSERT INTO long VALUES (3, replace(hex(zeroblob(70000)), '00', char(0) || 'a'), NULL, '1')`,
        `INSERT INTO long VALUES (4, 'short', X'00', '2'), (5, CAST(X'FFFE' || zeroblob(120000) AS TEXT), NULL, '3')`,
      ],
    ],
    [
      'children that were created before their parents',
      [
        'CREATE TABLE child (id INTEGER PRIMARY KEY, up INTEGER NOT NULL REFERENCES parent (id))',
        'CREATE TABLE parent (id INTEGER PRIMARY KEY)',
        `INSERT INTO parent ${series(40000)} SELECT i FROM n`,
        `INSERT INTO child ${series(40000)} SELECT i, 40001 - i FROM n`,
      ],
    ],
    [
      'a tree whose parents come later, over more than one request',
      [
        'CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree, name TEXT)',
        `INSERT INTO tree ${series(40000)} SELECT i, CASE WHEN i < 40000 AND i % 100 = 0 THEN i + 50 WHEN i > 1 THEN i - 1 END, hex(zeroblob(20)) FROM n`,
      ],
    ],
    [
      'a tree without row numbers, by a key of two columns',
      [
        'CREATE TABLE tree (a TEXT, b INTEGER, up_a TEXT, up_b INTEGER, PRIMARY KEY (a, b), FOREIGN KEY (up_a, up_b) REFERENCES tree (a, b)) WITHOUT ROWID',
        `INSERT INTO tree ${series(30000)} SELECT printf('%06d', i), i, printf('%06d', 30001 - i), 30001 - i FROM n`,
      ],
    ],
    [
      'a ring of tables',
      [
        'CREATE TABLE teams (id INTEGER PRIMARY KEY, lead INTEGER REFERENCES people (id))',
        'CREATE TABLE people (id INTEGER PRIMARY KEY, team INTEGER NOT NULL REFERENCES teams (id), notes TEXT)',
        `INSERT INTO teams ${series(20000)} SELECT i, i FROM n`,
        `INSERT INTO people ${series(20000)} SELECT i, 20001 - i, hex(zeroblob(40)) FROM n`,
      ],
    ],
  ])('%s', async (_what, statements) => {
    expect(await throughD1(statements)).toEqual({ problems: [], foreignKeys: 0 })
  })
})

describe('random databases', () => {
  const SEEDS = FULL ? 500 : 12
  const REPLACED = FULL ? 500 : 4
  // All of them take a quarter of an hour of a busy core.
  const PATIENCE_MS = FULL ? 3 * 3_600_000 : 600_000

  it(`come back equal from D1's own engine, ${SEEDS} seeds`, { timeout: PATIENCE_MS }, async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { problems } = await throughD1(randomDatabase(randomOf(seed)))
      expect(problems, `seed ${seed}`).toEqual([])
    }
  })

  // Each takes the place of the one before it, whose tables may have the same names and point elsewhere.
  it(
    `replace what a database holds through the strictest import, ${REPLACED} seeds`,
    { timeout: PATIENCE_MS },
    async () => {
      const id = '11111111-1111-4111-8111-111111111111'
      // All seeds write more rows than a free account may in a day.
      const api = await startCloudflareApi({ databases: [{ id, name: 'production' }], dayRows: null })
      try {
        for (let seed = 1; seed <= REPLACED; seed += 1) {
          const folder = path.join(temporaryFolder(), 'replace')
          mkdirSync(folder)
          const [restored, file] = [path.join(folder, 'restored.sqlite'), path.join(folder, 'replace.sql')]
          const source = openSqlite(restored, { foreignKeys: false })
          for (const sql of randomDatabase(randomOf(seed))) source.exec(sql)
          const expected = await summarise(source, await takeInventory(connectionReader(source)))
          source.close()
          await writeReplacement({ live: connectionReader(api.database(id)), restored, file })
          // No PRAGMA is relied on: of every second one they are taken away.
          const sql = readFileSync(file, 'utf8')
          const sent = seed % 2 === 0 ? sql : sql.replaceAll(/^PRAGMA .*\n/gm, '')
          await importByApi(api, id, Buffer.from(sent))
          const live = api.database(id)
          const found = await summarise(live, await takeInventory(connectionReader(live)))
          const sides = { expected: 'the archive', found: 'the database' }
          expect(compareSummaries(expected, found, sides), `seed ${seed}`).toEqual([])
          rmSync(folder, { recursive: true })
        }
      } finally {
        await api.close()
      }
    },
  )
})
