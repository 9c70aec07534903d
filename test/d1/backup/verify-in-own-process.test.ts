import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { restoreAndMeasure } from '../../../src/d1/backup/verify.js'
import { verifyInOwnProcess } from '../../../src/d1/backup/verify-in-own-process.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'
import { temporaryFolder } from '../../temporary-folder.js'

useBuiltProcesses()

const ROWS = 'CREATE TABLE t (a); INSERT INTO t VALUES (1), (2);'
/** Each is twice the work of the one below it, though nobody reads it: SQLite asks for its columns. */
const upon = (views: number, how: (below: string) => string): string =>
  Array.from(
    { length: views },
    (_, at) => `CREATE VIEW v${at} AS ${how(at === 0 ? 't' : `v${at - 1}`)};`,
  ).join('\n')
const joined = (below: string): string => `SELECT x.a FROM ${below} x JOIN ${below} y`
const united = (below: string): string => `SELECT a FROM ${below} UNION ALL SELECT a FROM ${below}`
const large = 'length(hex(zeroblob(400000000)))'

function restoring(sql: string): Parameters<typeof restoreAndMeasure>[0] {
  const folder = temporaryFolder()
  const sqlFile = join(folder, 'database.sql')
  writeFileSync(sqlFile, `${ROWS}\n${sql}\n`)
  const sqliteFile = join(folder, 'restored.sqlite')
  return { sqlFile, sqliteFile, migrationsTable: 'd1_migrations', engine: 'sqlite' }
}

describe('what an archive makes SQLite compute is ended, and the archive is no backup', () => {
  it.each([
    ['views upon views that join', upon(60, joined)],
    ['views upon views that unite', upon(60, united)],
    [
      'a trigger over such views',
      `${upon(60, united)} CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT a FROM v59; END;`,
    ],
  ])('%s', async (_what, sql) => {
    await expect(verifyInOwnProcess(restoring(sql), { limitMs: 1_000 })).rejects.toMatchObject({
      type: 'BackupInvalid',
      message: 'The export does not restore: to load and check it took longer than 1 s, and was ended.',
    })
  })

  it.skipIf(process.platform === 'win32').each([
    ['a generated column', `CREATE TABLE g (a, b AS (${large}) STORED); INSERT INTO g (a) VALUES (1);`],
    ['a check', `CREATE TABLE c (a CHECK (a < ${large})); INSERT INTO c VALUES (1);`],
    ['an index', `CREATE INDEX i ON t (a) WHERE a < ${large};`],
  ])('%s that builds large values', async (_what, sql) => {
    await expect(verifyInOwnProcess(restoring(sql), { memoryLimit: 300_000_000 })).rejects.toMatchObject({
      type: 'BackupInvalid',
      message:
        'The export does not restore: to load and check it took more than 300 MB of memory, and was ended.',
    })
  })

  it('by whoever asked, too', async () => {
    const stop = new AbortController()
    const ended = verifyInOwnProcess(restoring(upon(60, joined)), { signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(ended).rejects.toThrow('enough')
  })
})

it('an ordinary schema is measured as it would be here', async () => {
  const sql = `${upon(8, (below) => `SELECT a FROM ${below}`)}
    CREATE TABLE g (a, b AS (a || 'x') STORED, CHECK (a > 0)); INSERT INTO g (a) VALUES (1);
    CREATE INDEX i ON t (a) WHERE a > 1; CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM g; END;`
  const [apart, here] = [await verifyInOwnProcess(restoring(sql)), await restoreAndMeasure(restoring(sql))]
  const timeless = { restore: { ...here.restore, durationMs: expect.any(Number) as number } }
  expect(apart).toEqual({ ...here, ...timeless })
})
