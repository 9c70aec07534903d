import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createBackup, restoreBackup, validateBackup } from '../../../src/d1/backup/backup.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { LEDGER_SQL, temporaryFolder } from '../local-target.js'
import { remoteTarget } from '../remote-target.js'

const ART = `CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent(id));
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT, price REAL);
INSERT INTO parent VALUES (1, 'žluť' || char(10) || 'two lines', 0.1), (2, NULL, 1e300);
INSERT INTO child VALUES (1, 1), (2, 1);
CREATE VIEW cheap AS SELECT id, price FROM parent;
CREATE TRIGGER cheap_in INSTEAD OF INSERT ON cheap BEGIN INSERT INTO parent (id, price) VALUES (new.id, new.price); END;
${LEDGER_SQL}
INSERT INTO d1_migrations (name) VALUES ('0001_art.sql');`

/** Every row of every table with its types, as one text. */
function contentOf(database: ReturnType<typeof openSqlite>, tables: string[]): string[] {
  return tables.map((table) => {
    const columns = database.prepare(`SELECT * FROM ${table}`).columns()
    const parts = columns.map(({ name }) => `typeof("${name}") || quote("${name}")`)
    const rows = database.prepare(`SELECT ${parts.join(` || ',' || `)} AS row FROM ${table} ORDER BY 1`).all()
    return `${table}: ${rows.map(({ row }) => String(row)).join(' ')}`
  })
}

async function roundTrip(
  sql: string,
  tables: string[],
): Promise<{ before: string[]; after: string[]; notes: string[] }> {
  const { target, api } = await remoteTarget(sql)
  const before = contentOf(api.database(target.database.id), tables)
  const notes: string[] = []
  const record = await createBackup({ target, files: [], keep: 2, onProgress: (note) => notes.push(note) })
  expect(record.bookmark).toMatch(/^[0-9a-f-]{20,}$/)
  const { database } = await restoreBackup({ file: record.file, to: join(temporaryFolder(), 'out') })
  const restored = openSqlite(database, { readOnly: true })
  const after = contentOf(restored, tables)
  restored.close()
  return { before, after, notes }
}

describe('a backup of a remote database', () => {
  it('comes from wrangler d1 export --remote and brings everything back', async () => {
    const { before, after } = await roundTrip(ART, ['child', 'parent', 'd1_migrations'])
    expect(after).toEqual(before)
  })

  it('carries what D1 exports wrongly: integers past 2^53, whole reals, text with \\n and U+0000, several pages', async () => {
    const sql = `CREATE TABLE integers (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO integers VALUES (1, 9007199254740993);
      CREATE TABLE untyped (id INTEGER PRIMARY KEY, v); INSERT INTO untyped VALUES (1, 1.0), (2, 1);
      CREATE TABLE escaped (v TEXT); INSERT INTO escaped VALUES ('a\\n' || char(10) || 'b');
      CREATE TABLE zero (v TEXT); INSERT INTO zero VALUES ('a' || char(0) || 'b');
      CREATE TABLE pages (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
      INSERT INTO pages WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 950) SELECT 'k' || (i % 3), i + 9007199254740992 FROM n;`
    const { before, after } = await roundTrip(sql, ['integers', 'untyped', 'escaped', 'zero', 'pages'])
    expect(after).toEqual(before)
  })

  it('carries what D1 does not export: full-text tables', async () => {
    const sql = `CREATE TABLE docs (id INTEGER PRIMARY KEY, v TEXT); CREATE VIRTUAL TABLE t USING fts5(v);
      INSERT INTO t (rowid, v) VALUES (4, 'sea; shore');`
    const { before, after } = await roundTrip(sql, ['t'])
    expect(after).toEqual(before)
  })

  it('does not trust an export that ends early', async () => {
    const { target, api } = await remoteTarget(ART)
    api.fault({ route: 'download', kind: 'truncated', call: 'all' })
    const record = await createBackup({ target, files: [], keep: 2 })
    expect(record.tables.find(({ name }) => name === 'child')?.rows).toBe(2)
  })

  it.each([
    ['values', 200],
    // Two readings of 50 rows with 25 columns take two passes each: 200 rows, or 100 when they are only counted.
    ['counts', 199],
    ['schema', 99],
  ])('is compared by %s when it may read %s rows, and says what it read', async (comparison, maxRowsRead) => {
    const columns = Array.from({ length: 24 }, (_, index) => `c${index} INTEGER DEFAULT ${index}`).join(', ')
    const { target, api } = await remoteTarget(
      `CREATE TABLE wide (id INTEGER PRIMARY KEY, ${columns});
       INSERT INTO wide (id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n;`,
    )
    const bounded = { ...target, backupMaxRowsRead: maxRowsRead }
    const notes: string[] = []
    const record = await createBackup({
      target: bounded,
      files: [],
      keep: 2,
      onProgress: (note) => notes.push(note),
    })
    expect(record).toMatchObject({ comparison, verified: true })
    const { metadata } = await validateBackup({ file: record.file })
    expect(metadata).toMatchObject({ comparison, rowsRead: record.rowsRead })
    const sums = api.calls.filter(({ sql }) => sql?.includes('AS bound') === true)
    expect(sums).toHaveLength({ values: 4, counts: 2, schema: 0 }[comparison] ?? -1)
    expect(notes.some((note) => note.includes('backup.maxRowsRead'))).toBe(comparison !== 'values')
  })

  it('counts sparse rows instead of trusting their numbers, and reads no more than allowed for it', async () => {
    const { target } = await remoteTarget(
      `CREATE TABLE sparse (id INTEGER PRIMARY KEY); INSERT INTO sparse VALUES (1), (9007199254740993);`,
    )
    const bounded = { ...target, backupMaxRowsRead: 10 }
    expect(await createBackup({ target: bounded, files: [], keep: 2 })).toMatchObject({
      comparison: 'values',
    })
  })

  it('tells a database that moves from a broken export', async () => {
    const { target, api } = await remoteTarget(ART)
    const live = api.database(target.database.id)
    const timer = setInterval(() => live.exec(`INSERT INTO child (parent) VALUES (1)`), 5)
    const backup = createBackup({ target, files: [], keep: 2 })
    await expect(backup).rejects.toMatchObject({
      type: 'BackupUnfaithful',
      message: expect.stringMatching(/child changed while being exported/),
      details: { moving: ['child'] },
    })
    clearInterval(timer)
    expect(readdirSync(target.backupDir)).toEqual([])
  })
})
