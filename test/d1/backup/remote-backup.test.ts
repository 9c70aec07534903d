import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createBackup, restoreBackup, validateBackup } from '../../../src/d1/backup/backup.js'
import { priceOfBackup } from '../../../src/d1/backup/price.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import type { CloudflareApi } from '../../../sample/cloudflare-api/index.js'
import type { Price } from '../../../src/contract/price.js'
import type { Target } from '../../../src/contract/target.js'
import { LEDGER_SQL } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { remoteTarget } from '../remote-target.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'

useBuiltProcesses()

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

  it('by rows carries rows of the largest size that D1 stores, of which the literals are larger, and pages that are too large', async () => {
    const { target, api } = await remoteTarget(
      `CREATE TABLE large (id TEXT PRIMARY KEY, a, b, c) WITHOUT ROWID;
       INSERT INTO large VALUES ('it''s small', 1, NULL, 'x'), ('k1', randomblob(1999800), 1.5, 'ž'),
         ('k2', replace(hex(zeroblob(900000)), '00', 'z'''), x'00', char(0)), ('last', 2, 3, 4);
       CREATE TABLE many (id INTEGER PRIMARY KEY, a TEXT);
       INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) SELECT i, 'row ' || i FROM n;`,
    )
    const tables = ['large', 'many']
    const before = contentOf(api.database(target.database.id), tables)
    const message = "D1 DB's isolate exceeded its memory limit and was reset."
    const says = { status: 400, code: 7500, message }
    api.fault({ route: 'query', match: /AS key FROM "many"/, call: 2, kind: 'says', says })
    const byRows = { ...target, backupWay: 'rows' as const }
    const { file } = await createBackup({ target: byRows, files: [], keep: 2 })
    const { database } = await restoreBackup({ file, to: join(temporaryFolder(), 'out') })
    const restored = openSqlite(database, { readOnly: true })
    // Their texts are megabytes: not for a message.
    expect(contentOf(restored, tables).map((text, at) => text === before[at])).toEqual([true, true])
    restored.close()
    const pages = api.calls.filter(({ sql }) => sql?.includes('AS key FROM "many"') === true)
    expect(pages.map(({ sql }) => / LIMIT (\d+)$/.exec(sql ?? '')?.[1]).slice(0, 3)).toEqual([
      '20',
      '5000',
      '500',
    ])
  })

  it("carries a database with statistics of the planner, which D1's own export writes too", async () => {
    const { target } = await remoteTarget(`${ART}; CREATE INDEX looked_up ON child (id); ANALYZE;`)
    const record = await createBackup({
      target: { ...target, backupWay: 'export' as const },
      files: [],
      keep: 2,
    })
    expect(record).toMatchObject({ way: 'export', verified: true })
    expect((await validateBackup({ file: record.file })).problems).toEqual([])
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

  it.each(['export', 'rows'] as const)('by %s costs no more than was said before', async (way) => {
    const { target, api } = await remoteTarget(
      `${ART} CREATE TABLE many (id INTEGER PRIMARY KEY, v TEXT);
       INSERT INTO many WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i, 'v' FROM n;`,
    )
    const prices: Price[] = []
    const record = await createBackup({
      ...{ target: { ...target, backupWay: way }, files: [], keep: 2 },
      onPrice: (price) => prices.push(price),
    })
    expect(prices).toHaveLength(1)
    const [price] = prices
    expect(price?.rowsRead).toBeGreaterThanOrEqual(record.rowsRead ?? Infinity)
    expect(price?.rowsRead).toBeLessThan(1.5 * (record.rowsRead ?? 0))
    const calls = api.calls.filter(({ route }) => route !== 'download')
    expect(price?.apiCalls).toBeGreaterThanOrEqual(calls.length)
    // The first export is the measure of the next.
    expect(price?.unavailableMs).toBe(way === 'rows' ? 0 : null)
    expect((await priceOfBackup({ ...target, backupWay: way })).unavailableMs).toBe(record.exportMs ?? 0)
  })

  it('outside of the hours of exports goes by rows where it may, and is put off where it may not', async () => {
    const { target, api } = await remoteTarget(ART)
    const hour = (from: number): string =>
      `${String((new Date().getUTCHours() + from) % 24).padStart(2, '0')}:00`
    const closed = { ...target, backupExportHours: { from: hour(5), to: hour(6), timeZone: 'UTC' } }
    const prices: Price[] = []
    const onPrice = (price: Price): number => prices.push(price)
    const record = await createBackup({ target: closed, files: [], keep: 2, onPrice })
    expect(record).toMatchObject({ way: 'rows', verified: true })
    expect(prices).toMatchObject([{ unavailableMs: 0, exports: { state: 'by-rows' } }])

    const only = { ...closed, backupWay: 'export' as const }
    await expect(createBackup({ target: only, files: [], keep: 2 })).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringContaining(`from ${hour(5)} to ${hour(6)} (UTC) only`) as string,
    })
    expect((await priceOfBackup(only)).exports).toMatchObject({ state: 'put-off' })
    // Before a way back there is no time to wait.
    const urgent = await createBackup({ target: only, files: [], keep: 2, urgent: true })
    expect(urgent).toMatchObject({ way: 'rows' })
    expect(api.calls.filter(({ route }) => route === 'export')).toEqual([])
  })

  const SERIES = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)'
  it.each<[string, string]>([
    [
      'sparse numbers',
      `CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t ${SERIES} SELECT i * 4000000 FROM n;`,
    ],
    [
      'a key without numbers',
      `CREATE TABLE t (id TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO t ${SERIES} SELECT 'k' || i FROM n;`,
    ],
    [
      'a key of two columns',
      `CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO t ${SERIES} SELECT i, i FROM n;`,
    ],
    [
      'small tables, each with a key without numbers',
      Array.from(
        { length: 12 },
        (_, at) =>
          `CREATE TABLE s${at} (id TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO s${at} VALUES ('a'), ('b');`,
      ).join('\n'),
    ],
  ])('rows that are read to measure a table are in its price: %s', async (_what, sql) => {
    const { target } = await remoteTarget(`${ART} ${sql}`)
    const prices: Price[] = []
    const record = await createBackup({
      ...{ target, files: [], keep: 2 },
      onPrice: (price) => prices.push(price),
    })
    expect(prices[0]?.rowsRead).toBeGreaterThanOrEqual(record.rowsRead ?? Infinity)
    expect((await priceOfBackup(target)).rowsRead).toBe(prices[0]?.rowsRead)
  })

  it('reads no more than a fifth of a free day for comparing, unless the account is on the paid plan', async () => {
    const { target } = await remoteTarget(
      `CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (600000);`,
    )
    const sizeless = await priceOfBackup(target)
    expect(sizeless.rowsRead).toBeLessThan(1_000_000)
    const paid = await priceOfBackup({ ...target, workersPlan: 'paid' })
    expect(paid.rowsRead).toBeGreaterThan(1_200_000)
  })

  it('reads a fifth of what is left of a free day, where the account has used it before', async () => {
    const { target, api } = await remoteTarget(
      `CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t SELECT value FROM json_each('[1,2,3,4,5,6,7,8]');`,
    )
    const rows = { ...target, backupWay: 'rows' as const }
    const used = (rowsRead: number): void =>
      api.setAnalytics({ d1AnalyticsAdaptiveGroups: [{ sum: { rowsRead, rowsWritten: 0 } }] })
    const readFor = async (): Promise<number> => (await priceOfBackup(rows)).rowsRead ?? Infinity
    used(4_999_000)
    const compared = await readFor()
    // Twice eight rows are not within a fifth of 75.
    used(5_000_000 - 75)
    expect(await readFor()).toBeLessThan(compared)
    used(6_000_000)
    expect((await createBackup({ target: rows, files: [], keep: 9 })).comparison).toBe('schema')
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

  it('takes a database that is written to: rows of before exactly, and tells what moved with its numbers', async () => {
    const { target, api } = await remoteTarget(`${ART}
      CREATE TABLE hits (page TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID; INSERT INTO hits VALUES ('/', 0);`)
    const stop = writing(api, target, `INSERT INTO child (parent) VALUES (1); UPDATE hits SET n = n + 1`)
    const record = await createBackup({ target, files: [], keep: 2 }).finally(stop)
    expect(record).toMatchObject({ verified: true, way: 'export', comparison: 'values' })
    const [child, hits] = record.moved ?? []
    expect(record.moved?.map(({ name }) => name)).toEqual(['child', 'hits'])
    expect(child).toMatchObject({
      how: 'grew',
      copied: record.tables.find(({ name }) => name === 'child')?.rows,
    })
    expect(child?.copied).toBeGreaterThanOrEqual(child?.before ?? Infinity)
    expect(child?.copied).toBeLessThanOrEqual(child?.after ?? 0)
    expect(hits).toEqual({ name: 'hits', how: 'changed', before: 1, after: 1, copied: 1 })
    expect(await validateBackup({ file: record.file })).toMatchObject({
      valid: true,
      metadata: { moved: record.moved },
    })
  })

  it('reads growing tables by rows as of one moment, children without parents never among them', async () => {
    const { target, api } = await remoteTarget(`${ART} CREATE TABLE link (a INTEGER REFERENCES parent(id));`)
    const grow = `INSERT INTO parent (name) VALUES ('later'); INSERT INTO child (parent) SELECT max(id) FROM parent;
      INSERT INTO link SELECT max(id) FROM parent`
    const stop = writing(api, target, grow)
    const byRows = { ...target, backupWay: 'rows' as const }
    const record = await createBackup({ target: byRows, files: [], keep: 2 }).finally(stop)
    expect(api.calls.filter(({ route }) => route === 'export')).toEqual([])
    expect(record).toMatchObject({ verified: true, way: 'rows' })
    const rows = (name: string): number => record.tables.find((table) => table.name === name)?.rows ?? NaN
    // One of each a write: the archive holds as many of one as of the others, as only one moment does.
    expect(rows('child') - 2).toBe(rows('parent') - 2)
    expect(rows('link')).toBe(rows('parent') - 2)
    expect(record.moved?.map(({ how }) => how)).toEqual(['grew', 'grew', 'grew'])
  })

  it('is not taken in by an export that ends early while its table grows', async () => {
    const { target, api } = await remoteTarget(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
      INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i, 'v' FROM n;`)
    const stop = writing(api, target, `INSERT INTO t (v) VALUES ('later')`)
    api.fault({ route: 'download', kind: 'truncated', call: 'all' })
    const record = await createBackup({ target, files: [], keep: 2 }).finally(stop)
    expect(record).toMatchObject({ way: 'rows' })
    expect(record.tables[0]?.rows).toBeGreaterThanOrEqual(300)
  })

  it('waits for an export that somebody left in the middle, and says so', async () => {
    const { target, api } = await remoteTarget(ART, { exportHoldMs: 1000 })
    const path = `${api.url}/accounts/${api.accountId}/d1/database/${target.database.id}/export`
    const headers = { authorization: `Bearer ${api.token}` }
    await fetch(path, { method: 'POST', headers, body: JSON.stringify({ output_format: 'polling' }) })
    const notes: string[] = []
    const record = await createBackup({ target, files: [], keep: 2, onProgress: (note) => notes.push(note) })
    expect(record.verified).toBe(true)
    expect(notes.join('\n')).toMatch(/long-running export.*Waiting 2 s/)
  })
})

/** Writes on and on, each time in one transaction, as an application would. */
function writing(api: CloudflareApi, { database }: Target, sql: string): () => void {
  const timer = setInterval(() => api.database(database.id).exec(`BEGIN; ${sql}; COMMIT`), 5)
  return () => clearInterval(timer)
}
