import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { BackupRecord, TableSummary } from '../../../src/contract/backup.js'
import type { Target } from '../../../src/contract/target.js'
import { createBackup } from '../../../src/d1/backup/backup.js'
import { connectionReader } from '../../../src/d1/backup/export/export.js'
import { takeInventory } from '../../../src/d1/schema/inventory.js'
import { replaceContent } from '../../../src/d1/backup/replace-content.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { summarise } from '../../../src/d1/backup/export/summary.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { NASTY_SQL } from '../nasty-database.js'
import { remoteTarget } from '../remote-target.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'

useBuiltProcesses()

const LEDGER = `${LEDGER_SQL} INSERT INTO d1_migrations (name) VALUES ('0001_all.sql');`

async function summariesOf(database: ReturnType<typeof openSqlite>): Promise<TableSummary[]> {
  const summaries = await summarise(database, await takeInventory(connectionReader(database)))
  return summaries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function sorted(tables: TableSummary[]): TableSummary[] {
  return [...tables].sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function put(target: Target, backup: BackupRecord): Promise<{ safetyCopy?: string }> {
  return replaceContent({ target, file: backup.file, stageRoot: join(temporaryFolder(), 'stage') })
}

describe('the way back into a local database', () => {
  it('exchanges the file, also beside a journal of the old one, and keeps the old one', async () => {
    const target = localTarget()
    const file = seedLocal(target, `${NASTY_SQL} ${LEDGER}`)
    const backup = await createBackup({ target, files: [], keep: 1 })
    // As a killed workerd leaves it: the last changes only in the journal, which must not be played into the new file.
    const writer = openSqlite(file)
    writer.exec(
      `DELETE FROM texts; DROP TABLE empty; CREATE TABLE later (id INTEGER); INSERT INTO later VALUES (1);`,
    )
    const left = [file, `${file}-wal`].map((name) => readFileSync(name))
    writer.close()
    left.forEach((bytes, index) => writeFileSync(index === 0 ? file : `${file}-wal`, bytes))
    const { safetyCopy = '' } = await put(target, backup)

    const live = openSqlite(file, { readOnly: true })
    expect(await summariesOf(live)).toEqual(sorted(backup.tables))
    live.close()
    expect((await readSnapshot(target)).schemaFingerprint).toBe(backup.schemaFingerprint)
    const kept = openSqlite(safetyCopy, { readOnly: true })
    expect(kept.prepare('SELECT count(*) AS n FROM later').get()).toEqual({ n: 1 })
    kept.close()
  })

  it('can be run again, and never overwrites a safety copy', async () => {
    const target = localTarget()
    seedLocal(target, 'CREATE TABLE t (v TEXT);')
    const backup = await createBackup({ target, files: [], keep: 1 })
    const first = await put(target, backup)
    const second = await put(target, backup)
    expect(new Set([first.safetyCopy, second.safetyCopy]).size).toBe(2)
    expect((await readSnapshot(target)).schemaFingerprint).toBe(backup.schemaFingerprint)
  })

  it('waits until nobody else has the file open, who would write into the old one', async () => {
    const target = localTarget()
    const file = seedLocal(target, 'CREATE TABLE t (v TEXT);')
    const backup = await createBackup({ target, files: [], keep: 1 })
    const other = openSqlite(file)
    other.exec(`INSERT INTO t VALUES ('later')`)
    await expect(put(target, backup)).rejects.toMatchObject({ type: 'DatabaseLocked', retryable: true })
    expect(other.prepare('SELECT v FROM t').all()).toEqual([{ v: 'later' }])
    other.close()
    await put(target, backup)
    expect((await readSnapshot(target)).schemaFingerprint).toBe(backup.schemaFingerprint)
  })

  it('touches nothing when the archive is not valid', async () => {
    const target = localTarget()
    const file = seedLocal(target, 'CREATE TABLE t (v TEXT);')
    const backup = await createBackup({ target, files: [], keep: 1 })
    writeFileSync(backup.file, readFileSync(backup.file).subarray(0, -10))
    const before = readFileSync(file)
    await expect(put(target, backup)).rejects.toMatchObject({ type: 'BackupInvalid' })
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(readdirSync(target.backupDir).filter((name) => name.endsWith('.sqlite'))).toEqual([])
  })
})

/** Where dropping a table deletes, nulls or is refused for the rows of another; all of them fit into one database. */
const SCHEMAS: [string, string][] = [
  [
    'CASCADE, whose child was made before its parent',
    `CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent (id) ON DELETE CASCADE);
     CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
     INSERT INTO parent VALUES (1, 'a'), (2, 'b'); INSERT INTO child VALUES (1, 1), (2, 2);`,
  ],
  [
    'RESTRICT, whose parent was made first',
    `CREATE TABLE elder (id INTEGER PRIMARY KEY);
     CREATE TABLE younger (id INTEGER PRIMARY KEY, elder INTEGER REFERENCES Elder (id) ON DELETE RESTRICT);
     INSERT INTO elder VALUES (1); INSERT INTO younger VALUES (1, 1);`,
  ],
  [
    'a table that points to itself with RESTRICT',
    `CREATE TABLE tree (id INTEGER PRIMARY KEY, up INTEGER REFERENCES tree (id) ON DELETE RESTRICT);
     INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2);`,
  ],
  [
    'a ring with RESTRICT, and one outside that points in',
    `CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id) ON DELETE RESTRICT);
     CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id) ON DELETE RESTRICT);
     CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id) ON DELETE RESTRICT);
     INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1; INSERT INTO c VALUES (1, 1);`,
  ],
  [
    'a ring of NOT NULL and NO ACTION',
    `CREATE TABLE x (id INTEGER PRIMARY KEY, y INTEGER NOT NULL REFERENCES y (id));
     CREATE TABLE y (id INTEGER PRIMARY KEY, x INTEGER NOT NULL REFERENCES x (id));
     PRAGMA defer_foreign_keys = ON; INSERT INTO x VALUES (1, 1); INSERT INTO y VALUES (1, 1);`,
  ],
  [
    'full-text search with triggers, a view, a sequence, quoted names',
    `CREATE TABLE "order" ("se""lect" INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);
     CREATE VIRTUAL TABLE search USING fts5(body, content='order', content_rowid='se"lect');
     CREATE VIRTUAL TABLE notes USING fts5(note);
     CREATE TRIGGER synced AFTER INSERT ON "order" BEGIN INSERT INTO search (rowid, body) VALUES (new."se""lect", new.body); END;
     CREATE TRIGGER kept BEFORE DELETE ON "order" BEGIN SELECT RAISE(ABORT, 'never'); END;
     CREATE VIEW seen AS SELECT body FROM "order";
     INSERT INTO "order" (body) VALUES ('sea; shore'), ('-- wall'); INSERT INTO notes (rowid, note) VALUES (7, 'kept');`,
  ],
]

/** What happens between the backup and the way back: everything that may stand in its way. */
const LATER = `CREATE TABLE later (id INTEGER PRIMARY KEY); INSERT INTO later VALUES (1);
  INSERT INTO d1_migrations (name) VALUES ('0002_later.sql');`

const ENVELOPE = { success: true, errors: [], messages: [] }

describe('the way back into a remote database', () => {
  const all = SCHEMAS.map(([what]) => what).join('; ')

  it(`brings back the archive over ${all}`, async () => {
    const { target, api } = await remoteTarget(`${SCHEMAS.map(([, sql]) => sql).join('\n')} ${LEDGER}`)
    const backup = await createBackup({ target, files: [], keep: 1 })
    api.database(target.database.id).exec(LATER)
    await put(target, backup)
    expect(api.calls.some(({ route }) => route === 'upload')).toBe(true)
    const live = api.database(target.database.id)
    expect(await summariesOf(live)).toEqual(sorted(backup.tables))
    expect(live.prepare('PRAGMA foreign_key_check').all()).toEqual([])
    expect((await readSnapshot(target)).schemaFingerprint).toBe(backup.schemaFingerprint)
    // Whoever comes again, after an answer that was lost with its worker, finds it done.
    const asked = api.calls.length
    await put(target, backup)
    expect(api.calls.slice(asked).some(({ route }) => route === 'import')).toBe(false)
  })

  it('needs no statement by statement import either: one transaction takes the same file', async () => {
    const [, sql = ''] = SCHEMAS[4] ?? []
    const { target, api } = await remoteTarget(`${sql} ${LEDGER}`, { importMode: 'transaction' })
    const backup = await createBackup({ target, files: [], keep: 1 })
    api.database(target.database.id).exec(LATER)
    await put(target, backup)
    expect(await summariesOf(api.database(target.database.id))).toEqual(sorted(backup.tables))
  })

  it('is read back: an import that ended is not believed', async () => {
    const { target, api } = await remoteTarget(
      `CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('a'), ('b'); ${LEDGER}`,
    )
    const backup = await createBackup({ target, files: [], keep: 1 })
    const database = api.database(target.database.id)
    database.exec(LATER)
    const running = setInterval(() => {
      // Somebody takes a row away as soon as the archive's rows are there.
      if (api.calls.filter(({ route }) => route === 'import').length < 3) return
      clearInterval(running)
      database.exec(`DELETE FROM t WHERE v = 'b'`)
    }, 5)
    await expect(put(target, backup)).rejects.toMatchObject({
      type: 'ApplyPartial',
      message: expect.stringContaining('differ from it: t'),
    })
    clearInterval(running)
  })

  it('asks the database where D1 says of an import neither that it ended nor that it failed', async () => {
    const { target, api } = await remoteTarget(
      `CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('a'), ('b'); ${LEDGER}`,
      // It ended, and only its end was not told.
      { importHoldMs: 0 },
    )
    const byRows = { ...target, backupWay: 'rows' as const }
    const backup = await createBackup({ target: byRows, files: [], keep: 1 })
    const error = 'Not currently importing anything.'
    const body = JSON.stringify({
      ...ENVELOPE,
      result: { success: false, type: 'import', status: 'error', error },
    })
    // Wrangler begins it, sends it, and asks how it goes on.
    const [sent, asked] = [2, 3]

    api.database(target.database.id).exec(LATER)
    api.fault({ route: 'import', call: sent, kind: 'answers', body })
    await expect(put(target, backup)).rejects.toMatchObject({ type: 'OutcomeUnknown' })
    expect(api.database(target.database.id).prepare('SELECT count(*) AS n FROM later').get()).toEqual({
      n: 1,
    })

    api.clearFaults()
    // Another file than before, which D1 has not yet.
    api.database(target.database.id).exec('CREATE TABLE later_still (id INTEGER)')
    api.fault({ route: 'import', call: asked, kind: 'answers', body })
    await put(target, backup)
    expect(await summariesOf(api.database(target.database.id))).toEqual(sorted(backup.tables))
    expect(api.calls.filter(({ route }) => route === 'upload')).toHaveLength(2)
  })

  it('comes again to an import that still runs, and finds out what became of it', async () => {
    const { target, api } = await remoteTarget(
      `CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('a'); ${LEDGER}`,
      {
        importHoldMs: 3000,
      },
    )
    const byRows = { ...target, backupWay: 'rows' as const }
    const backup = await createBackup({ target: byRows, files: [], keep: 1 })
    const live = (): unknown[] => api.database(target.database.id).prepare('SELECT v FROM t').all()
    api.database(target.database.id).exec(`UPDATE t SET v = 'b'; ${LATER}`)
    api.fault({ route: 'import', call: 2, kind: '504-after' })
    await expect(put(target, backup)).rejects.toMatchObject({ type: 'DatabaseLocked', retryable: true })
    await new Promise((resolve) => setTimeout(resolve, 3100))
    // D1 took it back, since nobody asked how it goes on.
    expect((await readSnapshot(target)).schemaFingerprint).not.toBe(backup.schemaFingerprint)
    expect(live()).toEqual([{ v: 'b' }])
    await put(target, backup)
    expect(live()).toEqual([{ v: 'a' }])
  })

  it('takes no sums for a proof that all is there', async () => {
    const { target, api } = await remoteTarget(
      `CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('abcd-efgh-ijkl-mnop-qrst'); ${LEDGER}`,
    )
    const byRows = { ...target, backupWay: 'rows' as const }
    const backup = await createBackup({ target: byRows, files: [], keep: 1 })
    const live = api.database(target.database.id)
    // As long, and the same wherever sums look at a text.
    live.exec(`UPDATE t SET v = 'abcX-efgh-ijkl-mnop-qrst'`)
    await put(target, backup)
    expect(api.database(target.database.id).prepare('SELECT v FROM t').all()).toEqual([
      { v: 'abcd-efgh-ijkl-mnop-qrst' },
    ])
    expect(api.calls.filter(({ route }) => route === 'import').length).toBeGreaterThan(0)
  })

  it('leaves the database as it was when the import fails', async () => {
    const { target, api } = await remoteTarget(`${SCHEMAS[0]?.[1]} ${LEDGER}`)
    const backup = await createBackup({ target, files: [], keep: 1 })
    api.database(target.database.id).exec(LATER)
    const before = await summariesOf(api.database(target.database.id))
    api.fault({ route: 'upload', kind: '500', call: 'all' })
    await expect(put(target, backup)).rejects.toMatchObject({ name: 'RunbookError' })
    expect(await summariesOf(api.database(target.database.id))).toEqual(before)
    api.clearFaults()
    await put(target, backup)
    expect(await summariesOf(api.database(target.database.id))).toEqual(sorted(backup.tables))
  })
})
