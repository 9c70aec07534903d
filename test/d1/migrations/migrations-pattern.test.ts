import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { nextNumber } from '../../../src/cli/commands/create.js'
import { reverseName } from '../../../src/activities/roll-back.js'
import { applyMigration } from '../../../src/d1/apply/apply.js'
import { packBundle, unpackBundle } from '../../../src/d1/migrations/bundle.js'
import { isMigrationName, listMigrations, listOverlooked } from '../../../src/d1/migrations/listing.js'
import { migrationFile, readMigrationFiles } from '../../../src/d1/migrations/migration-files.js'
import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import { openStage } from '../../../src/d1/wrangler/stage.js'
import { runWrangler } from '../../../src/d1/wrangler/wrangler.js'
import { fingerprintOf } from '../fingerprint.js'
import { LEDGER_SQL, localTarget, seedLocal } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'

/** In the order in which they must run. */
const NESTED = [
  '1_a/migration.sql',
  '2_b/1_x.sql',
  '2_b/10_y.sql',
  '2_b/migration.sql',
  '2_b/z/1_deep.sql',
  '10_c/migration.sql',
  'no_number/migration.sql',
]

function write(dir: string, name: string, sql = 'SELECT 1;'): void {
  mkdirSync(dirname(join(dir, name)), { recursive: true })
  writeFileSync(join(dir, name), sql)
}

describe('migrations_pattern', () => {
  it('names the files that Wrangler itself takes up, in its order', async () => {
    const target = localTarget()
    for (const name of [...NESTED].reverse()) {
      write(target.migrationsDir, name)
    }
    for (const name of ['0_top.sql', '.1_hidden/migration.sql', '1_a/notes.md']) {
      write(target.migrationsDir, name, 'no SQL')
    }
    expect(await listMigrations(target.migrationsDir, '*/**/*.sql')).toEqual(NESTED)

    writeFileSync(
      target.wranglerConfig,
      `name = "x"\ncompatibility_date = "2025-01-01"\n[[d1_databases]]\nbinding = "DB"\ndatabase_name = "art"\n` +
        `database_id = "local-art"\nmigrations_dir = "migrations"\nmigrations_pattern = "migrations/*/**/*.sql"\n`,
    )
    const args = ['d1', 'migrations', 'apply', 'art']
    const ran = await runWrangler({ target, args, config: target.wranglerConfig })
    expect(ran.exitCode).toBe(0)
    expect((await readSnapshot(target)).ledger.map(({ name }) => name)).toEqual(NESTED)
  })

  it('lets nested files be applied one by one, under the names that Wrangler records', async () => {
    const target = localTarget({ migrationsPattern: '*/migration.sql' })
    seedLocal(target, LEDGER_SQL)
    const first = 'CREATE TABLE users (id INTEGER PRIMARY KEY);'
    const second = 'CREATE TABLE notes (id INTEGER PRIMARY KEY);'
    write(target.migrationsDir, '20260101000000_init/migration.sql', first)
    write(target.migrationsDir, '20260102000000_add/migration.sql', second)
    const files = await readMigrationFiles(target.migrationsDir, target.migrationsPattern)
    const applied: string[] = []
    let before = ''
    for (const file of files) {
      const after = before + file.sql
      const done = await applyMigration({
        target,
        file,
        ledgerBefore: [...applied],
        fingerprintBefore: fingerprintOf(before),
        fingerprintAfter: fingerprintOf(after),
        stageRoot: temporaryFolder(),
      })
      expect(done).toMatchObject({ name: file.name, state: 'applied' })
      applied.push(file.name)
      before = after
    }
    expect(applied).toEqual(['20260101000000_init/migration.sql', '20260102000000_add/migration.sql'])
    expect((await readSnapshot(target)).ledger.map(({ name }) => name)).toEqual(applied)
  })

  it('numbers what comes next behind the nested ones', () => {
    expect(nextNumber(NESTED)).toBe('0011')
    expect(reverseName(['0001_a.sql', '0002_b.sql'], '2026-03-01T00:00:00Z')).toBe(
      '0003_rollback_2026_03_01.sql',
    )
    // One that is still pending has its number already.
    const pending = [{ name: '0007_c.sql' }]
    expect(reverseName(['0001_a.sql'], '2026-03-01T00:00:00Z', pending)).toBe('0008_rollback_2026_03_01.sql')
    const reverse = reverseName(NESTED.slice(0, 6), '2026-03-01T00:00:00Z')
    expect(reverse).toBe('0011_rollback_2026_03_01/migration.sql')
    expect(isMigrationName(reverse, '*/migration.sql')).toBe(true)
  })
})

test.each(['../a.sql', 'a/../../b.sql', '/etc/a.sql', 'a\\..\\b.sql', 'a//b.sql', './a.sql', 'a/', ''])(
  'the name %j is refused by a bundle and by the stage, and writes nothing',
  async (name) => {
    const refused = { type: 'ValidationFailed', message: expect.stringContaining('no name of a migration') }
    const file = { ...migrationFile('a.sql', Buffer.from('SELECT 1;')), name }
    const bundle = await packBundle([file])
    await expect(unpackBundle(bundle, [file])).rejects.toMatchObject(refused)
    const root = temporaryFolder()
    await expect(openStage(localTarget(), [file], join(root, 'a'))).rejects.toMatchObject(refused)
    expect(existsSync(join(root, 'b.sql'))).toBe(false)
  },
)

describe('.sql files that Wrangler passes over', () => {
  it.each([
    ['a folder per migration', ['1_a/migration.sql'], undefined, ['1_a/migration.sql']],
    ['seeds beside migrations', ['0001_a.sql', 'seeds/all.sql'], undefined, ['seeds/all.sql']],
    [
      'a top-level file under a nested pattern',
      ['0001_a.sql', '2_b/migration.sql'],
      '*/migration.sql',
      ['0001_a.sql'],
    ],
    [
      'a file of another name under a pattern',
      ['1_a/migration.sql', '1_a/down.sql'],
      '*/migration.sql',
      ['1_a/down.sql'],
    ],
    ['folders in folders', ['a/b/c/1.sql'], undefined, ['a/b/c/1.sql']],
    ['only top-level files', ['0001_a.sql', '0002_b.sql'], undefined, []],
    ['all that the pattern names', ['1_a/migration.sql'], '*/migration.sql', []],
    ['folders without SQL', ['0001_a.sql', 'meta/_journal.json'], undefined, []],
    ['hidden files and folders', ['.x/1.sql', 'a/.1.sql'], undefined, []],
    ['packages', ['node_modules/p/1.sql'], undefined, []],
  ])('%s', async (_what, names, pattern, overlooked) => {
    const dir = temporaryFolder()
    for (const name of names) write(dir, name)
    expect(await listOverlooked(dir, pattern)).toEqual(overlooked)
  })
})
