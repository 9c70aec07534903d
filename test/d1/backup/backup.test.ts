import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { archivesOf, createBackup, restoreBackup, validateBackup } from '../../../src/d1/backup/backup.js'
import { holdersOf, release } from '../../../src/d1/backup/holds.js'
import type { Target } from '../../../src/contract/target.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { openScratch } from '../../../src/d1/scratch/scratch-workerd.js'
import { parseJsonOutput, runWrangler } from '../../../src/d1/wrangler/wrangler.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { NASTY_SQL, nastyRows } from '../nasty-database.js'
import { useBuiltProcesses } from '../../analysis/own-process.js'

useBuiltProcesses()

describe('a backup of a nasty database', () => {
  it('brings every value back, under SQLite, workerd and Wrangler', async () => {
    const target = localTarget()
    const source = seedLocal(
      target,
      `${LEDGER_SQL} ${NASTY_SQL} INSERT INTO d1_migrations (name) VALUES ('0001_all.sql');`,
    )
    const before = nastyRows(source)
    const record = await createBackup({ target, files: [], keep: 3 })
    expect(record.file).toMatch(/backup-local-\d{4}-\d\d-\d\d-\d{6}\.zip$/)
    expect(await validateBackup({ file: record.file })).toMatchObject({ valid: true, problems: [] })

    const to = join(temporaryFolder(), 'restored here')
    const restored = await restoreBackup({ file: record.file, to })
    expect(nastyRows(restored.database)).toEqual(before)
    expect(restored.tables).toEqual(record.tables)
    expect(restored.ledger.map(({ name }) => name)).toEqual(['0001_all.sql'])

    const scratch = await openScratch({ file: restored.database })
    try {
      expect(await scratch.query(`SELECT count(*) AS n FROM "order"`)).toEqual([{ n: 3 }])
      expect(await scratch.query(`SELECT title FROM search WHERE search MATCH 'lighthouse'`)).toEqual([
        { title: 'The lighthouse' },
      ])
    } finally {
      await scratch.close()
      await scratch.remove()
    }

    const listed = await runWrangler({
      target: { ...target, persistTo: to },
      config: restored.wranglerConfig,
      args: ['d1', 'execute', 'art', '--json', '--command', 'SELECT count(*) AS n FROM child'],
    })
    expect(parseJsonOutput(listed.stdout)).toMatchObject([{ results: [{ n: 2 }] }])
  })

  it('refuses to call a backup good that cannot carry a table, and leaves nothing behind', async () => {
    const target = localTarget()
    seedLocal(
      target,
      `CREATE VIRTUAL TABLE ghost USING fts5(body, content=''); INSERT INTO ghost (rowid, body) VALUES (1, 'x');`,
    )
    await expect(createBackup({ target, files: [], keep: 3 })).rejects.toMatchObject({
      type: 'BackupUnfaithful',
      message: expect.stringContaining('ghost'),
    })
    expect(readdirSync(target.backupDir)).toEqual(['.gitignore'])
  })

  it('backs up a database that was never created as an empty one', async () => {
    const target = localTarget()
    const record = await createBackup({ target, files: [], keep: 3 })
    expect(record.tables).toEqual([])
    expect((await validateBackup({ file: record.file })).valid).toBe(true)
  })
})

describe('archives that get their names in one second', () => {
  it('leaves each its own, whichever databases share the folder, and holds no one else’s', async () => {
    const first = localTarget()
    seedLocal(first, LEDGER_SQL)
    const targets = ['one', 'two', 'three', 'four'].map((id) => ({
      ...first,
      database: { ...first.database, id },
    }))
    const made = await Promise.all(
      targets.map(async (target) => {
        const archives = archivesOf(target, undefined)
        return archives.atDesk(async (folder) => {
          const archive = join(folder, 'made.zip')
          writeFileSync(archive, target.database.id)
          return archives.publish(archive, { by: `run-${target.database.id}`, files: [] })
        })
      }),
    )
    expect(made.map((file) => readFileSync(file, 'utf8'))).toEqual(['one', 'two', 'three', 'four'])
    const holders = await Promise.all(made.map((file) => holdersOf(file)))
    expect(holders.map((held) => held.map(({ run }) => run))).toEqual([
      ['run-one'],
      ['run-two'],
      ['run-three'],
      ['run-four'],
    ])
  })
})

describe('retention', () => {
  it.each([
    { names: 'two databases whose projects share a folder and call their environment alike' },
    { names: 'an environment that was given another database', renamed: true },
  ])('keeps the archive of each database: $names', async ({ renamed = false }) => {
    const first = localTarget()
    const second = {
      ...(renamed ? first : localTarget()),
      backupDir: first.backupDir,
      database: { ...first.database, id: 'another-one' },
    }
    const { file: ofFirst } = await createBackup({ target: first, files: [], keep: 1 })
    const { file: ofSecond } = await createBackup({ target: second, files: [], keep: 1 })
    expect(await filesOf(first)).toEqual([ofFirst])
    expect(await filesOf(second)).toEqual([ofSecond])
  })

  it('leaves what a run names alone, whoever makes the next backup, until the run has ended', async () => {
    const target = localTarget()
    const backUp = async (held?: { by: string; files: string[] }): Promise<string> =>
      (await createBackup({ target, files: [], keep: 1, ...(held === undefined ? {} : { held }) })).file
    const older = await backUp()
    // A path of elsewhere counts by its name alone.
    const named = await backUp({ by: 'run-1', files: [join('/elsewhere', basename(older))] })
    const other = await backUp({ by: 'run-2', files: [] })
    const scheduled = await backUp()
    expect(await filesOf(target)).toEqual([scheduled, other, named, older])

    await release(target.backupDir, 'run-1')
    const next = await backUp()
    expect(await filesOf(target)).toEqual([next, other])
  })

  it('keeps the newest and always the one just verified, and touches no other environment', async () => {
    const target = localTarget()
    seedLocal(target, 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);')
    await createBackup({ target, files: [], keep: 1 })
    // From a clock that ran ahead, and unreadable: newer by name, worth nothing.
    const names = ['backup-local-2199-01-01-000000.zip', 'backup-local-eu-2020-01-01-000000.zip', 'notes.zip']
    for (const name of names) writeFileSync(join(target.backupDir, name), 'no archive')
    const { file } = await createBackup({ target, files: [], keep: 1 })
    expect(await filesOf(target)).toEqual([file])
    expect(existsSync(join(target.backupDir, 'backup-local-eu-2020-01-01-000000.zip'))).toBe(true)
    expect(existsSync(join(target.backupDir, 'notes.zip'))).toBe(true)
  })
})

async function filesOf(target: Target): Promise<string[]> {
  const files: string[] = []
  for await (const { file } of archivesOf(target, undefined).list()) files.push(file)
  return files
}

describe('a moving database', () => {
  it('is exported from one moment while another connection writes', async () => {
    const target = localTarget()
    const file = seedLocal(target, 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);')
    const writer = openSqlite(file)
    const insert = writer.prepare('INSERT INTO t (v) VALUES (?)')
    writer.exec('PRAGMA synchronous = OFF; BEGIN')
    for (let i = 0; i < 20_000; i += 1) insert.run('before')
    writer.exec('COMMIT')
    const timer = setInterval(() => insert.run('meanwhile'), 1)
    const record = await createBackup({ target, files: [], keep: 1 })
    clearInterval(timer)
    writer.close()
    expect(record.tables[0]?.rows).toBeGreaterThanOrEqual(20_000)
    expect(record.verified).toBe(true)
  })
})
