import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createBackup, restoreBackup, validateBackup } from '../../../src/d1/backup/backup.js'
import { scratchFolder } from '../../../src/process/scratch-folder.js'
import { readEntries, withSql, zipOf } from './crafted-archive.js'
import { localTarget, seedLocal } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'

useBuiltProcesses()

/** The entries of a good archive, to be put together wrongly. */
let entries: Record<string, Buffer>
let good: Buffer

beforeAll(async () => {
  const target = localTarget()
  seedLocal(
    target,
    `CREATE TABLE kept (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO kept VALUES (1, 'one'), (2, 'two');
     CREATE TABLE other (id INTEGER PRIMARY KEY); INSERT INTO other VALUES (1);`,
  )
  const { file } = await createBackup({ target, files: [], keep: 1 })
  good = readFileSync(file)
  entries = await readEntries(file)
})

function metadataWith(change: (metadata: Record<string, unknown>) => void): Buffer {
  const metadata = JSON.parse(String(entries['metadata.json'])) as Record<string, unknown>
  change(metadata)
  return Buffer.from(JSON.stringify(metadata))
}

function replaced(changes: Record<string, Buffer>): Promise<Buffer> {
  return zipOf(Object.entries({ ...entries, ...changes }))
}

/** Same length, another name in the archive's tables: what a crafted archive looks like. */
async function renamed(from: string, to: string): Promise<Buffer> {
  const bytes = await zipOf([...Object.entries(entries), [from, Buffer.from('attack')]])
  return Buffer.from(bytes.toString('latin1').replaceAll(from, to), 'latin1')
}

const ATTACKS: [string, () => Promise<Buffer> | Buffer, RegExp][] = [
  [
    'a text file renamed to zip',
    () => Buffer.from('CREATE TABLE t (id);'.repeat(50)),
    /not a complete zip archive/,
  ],
  ['an empty file', () => Buffer.alloc(0), /not a complete zip archive/],
  ['a truncated archive', () => good.subarray(0, Math.floor(good.length / 2)), /not a complete zip archive/],
  [
    'a changed byte in the packed dump',
    () => {
      const bytes = Buffer.from(good)
      // Behind the first entry's header and name.
      bytes.writeUInt8(bytes.readUInt8(90) ^ 0x10, 90)
      return bytes
    },
    /damaged|changed|bytes/,
  ],
  [
    'a changed value in the dump',
    () => replaced({ 'database.sql': Buffer.from(String(entries['database.sql']).replace('two', 'owt')) }),
    /was changed: its SHA-256/,
  ],
  [
    'a changed value and a hash to match',
    () => withSql(entries, (sql) => sql.replace('two', 'owt')),
    /Table kept has other values/,
  ],
  [
    'a table that the metadata does not know',
    () =>
      replaced({
        'metadata.json': metadataWith((data) => (data['tables'] = (data['tables'] as unknown[]).slice(0, 1))),
      }),
    /Table other is in the restored copy but not in the metadata/,
  ],
  [
    'a table missing in the dump',
    () =>
      replaced({
        'metadata.json': metadataWith((data) =>
          (data['tables'] as unknown[]).push({ name: 'gone', rows: 3, checksum: 'x' }),
        ),
      }),
    /Table gone is missing in the restored copy/,
  ],
  [
    'metadata of another schema',
    () => replaced({ 'metadata.json': metadataWith((data) => (data['schemaFingerprint'] = 'f'.repeat(64))) }),
    /schema of the restored copy is not the one in the metadata/,
  ],
  [
    'metadata that is no JSON',
    () => replaced({ 'metadata.json': Buffer.from('{') }),
    /metadata\.json is not JSON/,
  ],
  [
    'metadata without its hash',
    () => replaced({ 'metadata.json': metadataWith((data) => delete data['sha256']) }),
    /metadata\.json is not as it should be: sha256/,
  ],
  [
    'no ledger',
    () => zipOf(Object.entries(entries).filter(([name]) => name !== 'migration_state.json')),
    /lacks migration_state\.json/,
  ],
  [
    'a name that leaves the folder',
    () => renamed('aa/bb/evil.sh', '../../evil.sh'),
    /invalid relative path|no part of a backup/,
  ],
  ['an absolute name', () => renamed('aa/bb/evil.sh', '/tmp/xyevil.s'), /absolute path|no part of a backup/],
  [
    'a file that does not belong',
    () => zipOf([...Object.entries(entries), ['run.sh', Buffer.from('rm -rf /')]]),
    /"run\.sh", which is no part/,
  ],
  [
    'the same entry twice',
    () => zipOf([...Object.entries(entries), ['database.sql', Buffer.from('')]]),
    /database\.sql twice/,
  ],
  [
    'a zip bomb',
    () =>
      replaced({
        'database.sql': Buffer.alloc(80 * 1024 * 1024, '-'),
        'metadata.json': metadataWith((data) => (data['sizeBytes'] = 80 * 1024 * 1024)),
      }),
    /looks like a zip bomb/,
  ],
  [
    'a dump of another size than stated',
    () => replaced({ 'metadata.json': metadataWith((data) => (data['sizeBytes'] = 7)) }),
    /the metadata says 7/,
  ],
]

/** Ends never. */
const ENDLESS = 'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c'

const ENDLESS_ARCHIVES: [string, string, RegExp][] = [
  ['a query as a value', `INSERT INTO kept VALUES (9, (${ENDLESS}));`, /no statement of an export/],
  ['rows of a query', `INSERT INTO kept ${ENDLESS};`, /no statement of an export/],
  ['a query behind the rows', `INSERT INTO kept VALUES (9, 'x') UNION ${ENDLESS};`, /no statement/],
  [
    'what is returned of a row',
    `INSERT INTO kept VALUES (9, 'x') RETURNING (${ENDLESS});`,
    /no statement of an export/,
  ],
  [
    'a WITH before the rows',
    `WITH c(n) AS (${ENDLESS}) INSERT INTO kept SELECT n, n FROM c;`,
    /no statement/,
  ],
  ['a value that grows', `INSERT INTO kept VALUES (9, hex(zeroblob(400000000)));`, /no statement/],
  [
    'a mark replaced by a long text',
    `INSERT INTO kept VALUES (9, replace('aaaa', 'a', replace('aaaa', 'a', 'aaaa')));`,
    /no statement/,
  ],
  ['a table of a query', `CREATE TABLE late AS ${ENDLESS};`, /no statement of an export/],
  ['rows that are removed by a query', `DELETE FROM kept WHERE id = (${ENDLESS});`, /no statement/],
  ['rows that are changed by a query', `UPDATE kept SET v = (${ENDLESS});`, /no statement of an export/],
  [
    'pieces of a value that are a view',
    `CREATE VIEW p AS SELECT 0 AS place, 0 AS piece, n AS value FROM (${ENDLESS.replace('max(n)', 'n')});
     INSERT INTO kept VALUES (9, (SELECT group_concat(value, '') FROM (SELECT value FROM p WHERE place = 0 ORDER BY piece)));`,
    /no such table: (main\.)?p/,
  ],
  [
    'texts of an index that are a view',
    `CREATE VIRTUAL TABLE f USING fts5(n, content='p'); CREATE VIEW p AS ${ENDLESS.replace('max(n)', 'n')};`,
    /no such table: (main\.)?p/,
  ],
  ['a check that asks', `CREATE TABLE late (a CHECK (a > (${ENDLESS})));`, /subqueries prohibited/],
  ['a generated column that asks', `CREATE TABLE late (a, b AS ((${ENDLESS})));`, /subqueries prohibited/],
  ['an index that asks', `CREATE INDEX late ON kept (v) WHERE v > (${ENDLESS});`, /subqueries prohibited/],
  [
    'a statement hidden in a variable',
    `CREATE VIRTUAL TABLE f USING fts5(n, $x(')); INSERT INTO kept VALUES (9, (${ENDLESS})); --');`,
    /no statement of an export/,
  ],
  [
    'a statement hidden behind a comment whose bytes are written anew',
    `INSERT INTO kept VALUES (9 /* '\0' */, '*/, (${ENDLESS})) --');`,
    /no statement of an export|other values|rows in the metadata/,
  ],
]

/** Reads and fires nothing: views and triggers come after the last row, wherever they stand. */
const QUIET = `CREATE TRIGGER fires AFTER INSERT ON kept BEGIN SELECT (${ENDLESS}); END;
  CREATE VIEW seen AS ${ENDLESS};
  INSERT INTO kept VALUES (9, replace(replace('a\\r\\n', '\\r', char(13)), '\\n', char(10)));
  INSERT INTO kept VALUES (10, unistr('\\u0041')), (11, CAST(X'00' AS TEXT)), (12, -9e999), (13, NULL);`

describe('an archive that would compute without end', () => {
  it.each(ENDLESS_ARCHIVES)('%s', async (_what, statements, problem) => {
    const file = join(temporaryFolder(), 'backup-local-2026-01-01-000000.zip')
    writeFileSync(file, await withSql(entries, (sql) => `${sql}${statements}\n`))
    const { valid, problems } = await validateBackup({ file })
    expect(valid).toBe(false)
    expect(problems.join(' ')).toMatch(problem)
  })

  it("statistics in an export of D1's own are no statement to refuse", async () => {
    const statistics = `ANALYZE sqlite_schema;
      INSERT INTO "sqlite_stat1" ("tbl","idx","stat") VALUES('kept',NULL,'2');`
    const file = join(temporaryFolder(), 'backup-local-2026-01-01-000000.zip')
    writeFileSync(file, await withSql(entries, (sql) => `${sql}${statistics}\n`))
    expect((await validateBackup({ file })).problems).toEqual([])
    const counting = await withSql(entries, (sql) => `${sql}ANALYZE;\n`)
    writeFileSync(file, counting)
    expect((await validateBackup({ file })).problems.join(' ')).toMatch(/no statement of an export/)
  })

  it('a trigger before its rows and a view among them stay quiet', async () => {
    const file = join(temporaryFolder(), 'backup-local-2026-01-01-000000.zip')
    writeFileSync(file, await withSql(entries, (sql) => sql.replace('PRAGMA foreign_keys=ON;', `${QUIET}$&`)))
    const { problems } = await validateBackup({ file })
    expect(problems).toEqual([
      'Table kept has 2 rows in the metadata and 7 in the restored copy.',
      'The schema of the restored copy is not the one in the metadata.',
    ])
  })
})

describe('an archive that must not be trusted', () => {
  it.each(ATTACKS)('%s', async (_what, make, problem) => {
    const file = join(temporaryFolder(), 'backup-local-2026-01-01-000000.zip')
    writeFileSync(file, await make())
    const { valid, problems } = await validateBackup({ file })
    expect(valid).toBe(false)
    expect(problems.join(' ')).toMatch(problem)
    const to = join(temporaryFolder(), 'out')
    await expect(restoreBackup({ file, to })).rejects.toMatchObject({ type: 'BackupInvalid' })
  })

  it('what a killed restore left in a folder is removed by the next one there', async () => {
    const file = join(temporaryFolder(), 'good.zip')
    writeFileSync(file, good)
    const to = temporaryFolder()
    const { folder, remove } = await scratchFolder('restore', { hidden: true })
    await remove()
    // No process has this number.
    const left = join(to, basename(folder).replace(`-${process.pid}-`, '-4194305-'))
    mkdirSync(left)
    writeFileSync(join(left, 'database.sql'), 'INSERT INTO kept VALUES (1);')
    const [old, young, other] = ['.restore-Ab12Cd', '.restore-Ef34Gh', '.restore-Ij56Kl'].map((name) => {
      mkdirSync(join(to, name))
      writeFileSync(join(to, name, 'database.sql'), 'INSERT INTO kept VALUES (1);')
      return join(to, name)
    })
    if (old === undefined || young === undefined || other === undefined) throw new Error('three')
    writeFileSync(join(other, 'notes.txt'), "somebody's own")
    const longAgo = new Date(Date.now() - 2 * 24 * 60 * 60_000)
    for (const folder of [old, other]) utimesSync(folder, longAgo, longAgo)
    await restoreBackup({ file, to })
    expect([left, old, young, other].map((folder) => existsSync(folder))).toEqual([false, false, true, true])
    expect(existsSync(join(to, 'database.sqlite'))).toBe(true)
  })

  it('the untouched one passes: the attacks above fail for their own reason', async () => {
    const file = join(temporaryFolder(), 'good.zip')
    const handle = await open(file, 'w')
    await handle.writeFile(good)
    await handle.close()
    expect((await validateBackup({ file })).problems).toEqual([])
  })
})
