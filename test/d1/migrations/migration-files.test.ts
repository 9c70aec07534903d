import { migrationOrder } from '../../../src/d1/order/migration-order.js'
import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fc } from '../../fast-check.js'
import { describe, expect, it } from 'vitest'
import { migrationFile, readMigrationFiles } from '../../../src/d1/migrations/migration-files.js'
import { runWrangler } from '../../../src/d1/wrangler/wrangler.js'
import { localTarget } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'

/** Names that people really give: numbers of any width, ties, none, dates, spaces, letters beyond ASCII. */
const NAMES = [
  '10_ten.sql',
  '-3_sign.sql',
  '0002_b.sql',
  '2_a.sql',
  '0002_a.sql',
  'no_number.sql',
  'Änderung.sql',
  '20260101_x y.sql',
  '1.sql',
]
const ORDERED = [
  '-3_sign.sql',
  '1.sql',
  '0002_a.sql',
  '0002_b.sql',
  '2_a.sql',
  '10_ten.sql',
  '20260101_x y.sql',
  'no_number.sql',
  'Änderung.sql',
]

describe('the order of migration files', () => {
  it('is by number, ties by name, without a number last', () => {
    expect([...NAMES].sort(migrationOrder)).toEqual(ORDERED)
  })

  it('is that of Wrangler itself', async () => {
    const target = localTarget()
    mkdirSync(target.migrationsDir)
    // Each file records its name: the table then shows in which order they ran.
    for (const name of NAMES) {
      const sql = `CREATE TABLE IF NOT EXISTS ran (name TEXT); INSERT INTO ran VALUES ('${name}');`
      writeFileSync(join(target.migrationsDir, name), sql)
    }
    writeFileSync(join(target.migrationsDir, '.0001_hidden.sql'), 'no SQL')
    expect((await readMigrationFiles(target.migrationsDir)).map(({ name }) => name)).toEqual(ORDERED)
    const database = {
      binding: 'DB',
      database_name: 'art',
      database_id: 'local-art',
      migrations_dir: 'migrations',
    }
    const config = join(target.projectDir, 'wrangler.json')
    writeFileSync(
      config,
      JSON.stringify({ name: 'x', compatibility_date: '2025-01-01', d1_databases: [database] }),
    )
    const applied = await runWrangler({ target, config, args: ['d1', 'migrations', 'apply', 'art'] })
    expect(applied.exitCode, applied.stderr + applied.stdout).toBe(0)
    expect((await readSnapshot(target)).ledger.map(({ name }) => name)).toEqual(ORDERED)
  })

  it('is a total order, whatever the names', () => {
    const name = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 6 }))
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(migrationOrder(a, b))).toBe(-Math.sign(migrationOrder(b, a)) + 0)
        if (migrationOrder(a, b) <= 0 && migrationOrder(b, c) <= 0) {
          expect(migrationOrder(a, c)).toBeLessThanOrEqual(0)
        }
        expect(migrationOrder(a, b) === 0).toBe(a === b)
      }),
    )
  })
})

describe('reading migration files', () => {
  it('takes .sql files only, byte for byte', async () => {
    const dir = temporaryFolder()
    const bytes = Buffer.from("\uFEFFINSERT INTO t VALUES ('ž\r\n');")
    writeFileSync(join(dir, '0001_a.sql'), bytes)
    writeFileSync(join(dir, 'README.md'), 'no migration')
    mkdirSync(join(dir, '0002_folder.sql'))
    const files = await readMigrationFiles(dir)
    expect(files).toEqual([
      {
        name: '0001_a.sql',
        sha256: createHash('sha256').update(bytes).digest('hex'),
        sizeBytes: bytes.byteLength,
        sql: bytes.toString('utf8'),
      },
    ])
    expect(Buffer.from(files[0]?.sql ?? '', 'utf8').equals(bytes)).toBe(true)
  })

  it('refuses bytes that are not UTF-8, as they would run as something else', async () => {
    const dir = temporaryFolder()
    writeFileSync(join(dir, '0001_latin1.sql'), Buffer.from('-- caf\xe9', 'latin1'))
    await expect(readMigrationFiles(dir)).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringContaining('0001_latin1.sql'),
      advice: expect.stringContaining('UTF-8'),
    })
    expect(() => migrationFile('x.sql', Buffer.from([0xc3]))).toThrow(/not UTF-8/)
  })

  it.each([
    ['below', ['src', 'workers', 'migrations'], ['migrations']],
    ['beside', ['db', 'migrations'], ['src', 'migrations']],
    ['above', ['migrations'], ['src', 'workers', 'migrations']],
  ])('names the nearest folder that holds migrations, %s', async (_where, real, asked) => {
    const root = temporaryFolder()
    mkdirSync(join(root, ...real), { recursive: true })
    mkdirSync(join(root, 'node_modules', 'pkg'), { recursive: true })
    writeFileSync(join(root, 'node_modules', 'pkg', '0001_no.sql'), '')
    writeFileSync(join(root, ...real, '0001_a.sql'), '')
    await expect(readMigrationFiles(join(root, ...asked))).rejects.toMatchObject({
      type: 'MigrationsNotFound',
      message: expect.stringContaining('No migrations directory found'),
      details: { nearest: join(root, ...real) },
    })
  })

  it('says how to begin where there are none at all', async () => {
    const nowhere = join(temporaryFolder(), 'a', 'b', 'c', 'd', 'migrations')
    await expect(readMigrationFiles(nowhere)).rejects.toMatchObject({
      type: 'MigrationsNotFound',
      advice: expect.stringContaining('d1-runbook create'),
    })
  })
})

describe('a migration that is no file of the folder', () => {
  it('is refused as a link: what it points to would travel into the history of a run', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'secret.txt'), 'TOKEN=1')
    mkdirSync(join(folder, 'migrations'))
    symlinkSync(join(folder, 'secret.txt'), join(folder, 'migrations', '0001_a.sql'))
    await expect(readMigrationFiles(join(folder, 'migrations'))).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: '0001_a.sql is a link.',
    })
  })
})
