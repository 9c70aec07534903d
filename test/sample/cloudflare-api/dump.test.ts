import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dump, type DumpOptions } from '../../../sample/cloudflare-api/dump.js'
import { LocalDatabase } from '../../../sample/cloudflare-api/local-database.js'
import { openRealD1 } from './real-d1.js'

const NASTY = [
  'CREATE TABLE child(id INTEGER PRIMARY KEY, p REFERENCES parent(id))',
  'CREATE TABLE parent(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)',
  `CREATE TABLE "order"("group" TEXT, 'select' TEXT, [from] BLOB)`,
  'CREATE TABLE typed(a, r REAL, i INTEGER, made AS (i + 1), kept AS (i * 2) STORED)',
  'CREATE TABLE keyed(k TEXT PRIMARY KEY, v) WITHOUT ROWID',
  "INSERT INTO parent(name) VALUES ('it''s'), ('line' || char(10) || 'feed'), (char(13, 10) || 'both'), ('literal \\n'), (NULL), ('ünïcödé 🙂')",
  'DELETE FROM parent WHERE id = 6',
  'INSERT INTO child VALUES (7, 1)',
  `INSERT INTO "order" VALUES ('a', 'b', x'00ff10'), (NULL, '', x'')`,
  "INSERT INTO typed(a, r, i) VALUES (1.0, 2.0, 9007199254740993), (1e999, -1e999, -5), (1e21, 0.1, 0), (x'00', NULL, NULL)",
  "INSERT INTO keyed VALUES ('z', 1), ('a', 2)",
  'CREATE INDEX by_name ON parent(name)',
  'CREATE VIEW names AS SELECT name FROM parent',
  'CREATE TRIGGER watch INSTEAD OF INSERT ON names BEGIN INSERT INTO parent(name) VALUES (CASE new.name WHEN 1 THEN 2 END); END',
  'ANALYZE',
]

let folder = ''
let real: Awaited<ReturnType<typeof openRealD1>>
let local: LocalDatabase

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'd1-runbook-dump-'))
  real = await openRealD1()
  local = new LocalDatabase({ id: 'dump', name: 'dump', file: join(folder, 'database.sqlite') })
  for (const sql of NASTY) {
    await real.d1.prepare(sql).all()
    local.run([{ sql }])
  }
})

afterAll(async () => {
  local.close()
  await real.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('an export of the local API is the one that D1 writes', () => {
  const options: DumpOptions[] = [
    {},
    { no_data: true },
    { no_schema: true },
    { tables: ['parent', 'order'] },
    { tables: ['parent'], no_schema: true },
  ]
  test.each(options)('%o', async (choice) => {
    // The statistics of ANALYZE count D1's own tables, which differ between Miniflare and production.
    const own = (line: string): boolean => !line.includes('_cf_')
    expect([...dump(local, choice)].filter(own)).toEqual((await d1Dump(choice)).filter(own))
  })

  test('it fails with a virtual table, and leaves nothing behind', async () => {
    const sql = 'CREATE VIRTUAL TABLE search USING fts5(a)'
    await real.d1.prepare(sql).all()
    local.run([{ sql }])
    await expect(d1Dump({})).rejects.toThrow('cannot export databases with Virtual Tables')
    expect(() => [...dump(local)]).toThrow('cannot export databases with Virtual Tables (fts5)')
    expect(readdirSync(folder)).toEqual(['database.sqlite'])
  })
})

async function d1Dump({ no_schema = false, no_data = false, tables }: DumpOptions): Promise<string[]> {
  const [lines] = await real.d1
    .prepare('PRAGMA miniflare_d1_export(?,?,?);')
    .bind(no_schema, no_data, ...(tables ?? []))
    .raw()
  return (lines ?? []).map(String)
}
