import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { localDatabaseFile } from '../../src/d1/read/local-file.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { projectFolder, THREE_ENVIRONMENTS } from '../config/project-folder.js'
import { runCli, runJson, spawnCli } from './run-cli.js'

const WRANGLER = '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n'
const TABLE = 'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);\n'
const COLUMN = 'ALTER TABLE users ADD COLUMN email TEXT;\n'

/** A bare Wrangler project whose first migration is applied, with a row in it; the second one is pending. */
function migratedProject(pending = COLUMN): string {
  const folder = projectFolder({
    'wrangler.toml': WRANGLER,
    'migrations/0001_users.sql': TABLE,
    'migrations/0002_next.sql': pending,
  })
  const file = localDatabaseFile({ persistTo: path.join(folder, '.wrangler', 'state'), databaseId: 'DB' })
  mkdirSync(path.dirname(file), { recursive: true })
  const database = openSqlite(file)
  database.exec(`${TABLE} INSERT INTO users (name) VALUES ('Zoë');
    CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
      applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
    INSERT INTO d1_migrations (name) VALUES ('0001_users.sql');`)
  database.close()
  return folder
}

describe('status', () => {
  test('says what is applied and pending, in the fields of the contract, and grep finds success', async () => {
    const { code, stdout } = await runCli(['status', '--json'], migratedProject())
    expect(code).toBe(0)
    expect(stdout).toContain('"success": true')
    expect(JSON.parse(stdout)).toMatchObject({
      success: true,
      environment: 'local',
      database: { name: 'archive', id: 'DB', remote: false },
      applied: [{ name: '0001_users.sql' }],
      pending: [{ name: '0002_next.sql' }],
      conflicts: [],
      schemaFingerprint: expect.any(String) as string,
      timestamp: expect.any(String) as string,
    })
  })

  test('a file that is missing is a conflict, and blocks nothing', async () => {
    const folder = migratedProject()
    const { rmSync } = await import('node:fs')
    rmSync(path.join(folder, 'migrations', '0001_users.sql'))
    const { code, json } = await runJson(['status'], folder)
    expect(code).toBe(0)
    expect(json).toMatchObject({
      success: true,
      conflicts: [{ code: 'SQ105', migration: '0001_users.sql', blocking: false }],
    })
  })
})

describe('plan', () => {
  test('rehearses a bare project with local state, and leaves the state alone', async () => {
    const folder = migratedProject()
    const { code, json } = await runJson(['plan'], folder)
    expect(json).toMatchObject({ success: true, verdict: 'ok', migrations: [{ name: '0002_next.sql' }] })
    expect(code).toBe(0)
    const { json: status } = await runJson(['status'], folder)
    expect(status).toMatchObject({ pending: [{ name: '0002_next.sql' }] })
  })

  test('works before the local state exists', async () => {
    const folder = projectFolder({ 'wrangler.toml': WRANGLER, 'migrations/0001_users.sql': TABLE })
    const { code, json } = await runJson(['plan'], folder)
    expect(json).toMatchObject({ verdict: 'ok', migrations: [{ name: '0001_users.sql' }] })
    expect(code).toBe(0)
    expect(existsSync(path.join(folder, '.wrangler'))).toBe(false)
  })

  test('lost rows block, and exit 1', async () => {
    const { code, json } = await runJson(['plan'], migratedProject('DELETE FROM users;\n'))
    expect(json).toMatchObject({ success: false, verdict: 'block' })
    expect(code).toBe(1)
  })
})

describe('validate', () => {
  test('accepts good files', async () => {
    const { code, json } = await runJson(['validate'], migratedProject())
    expect(json).toMatchObject({ success: true })
    expect(code).toBe(0)
  })

  test('broken SQL is a finding with its file, and exit 1', async () => {
    const { code, json } = await runJson(['validate'], migratedProject('CREATE TABEL x (id);\n'))
    expect(code).toBe(1)
    expect(json).toMatchObject({ success: false })
    expect(JSON.stringify(json)).toContain('0002_next.sql')
  })
})

describe('backup', () => {
  test('makes an archive that validates, also without naming the environment', async () => {
    const folder = migratedProject()
    const made = await runJson(['backup', '--env', 'local'], folder)
    expect(made.code).toBe(0)
    expect(readdirSync(path.join(folder, 'backups'))).toEqual([
      '.gitignore',
      expect.stringMatching(/^backup-local-\d{4}-\d{2}-\d{2}-\d{6}\.zip$/),
    ])
    expect(await runJson(['backup', 'validate'], folder)).toMatchObject({
      code: 0,
      json: { success: true, valid: true },
    })
    const restored = await runJson(
      [
        'backup',
        'restore',
        path.join('backups', readdirSync(path.join(folder, 'backups'))[1] ?? ''),
        '--to',
        'out',
      ],
      folder,
    )
    expect(restored.code).toBe(0)
  })

  test('validate without any archive says how to make one', async () => {
    const { code, json } = await runJson(['backup', 'validate'], migratedProject())
    expect(code).toBe(1)
    expect(json).toMatchObject({
      success: false,
      error: { type: 'BackupInvalid', advice: expect.stringContaining('d1-runbook backup') as string },
    })
  })
})

describe('create', () => {
  test('takes the next number and never overwrites', async () => {
    const folder = migratedProject()
    const names = await Promise.all([
      runJson(['create', 'add photos'], folder, spawnCli),
      runJson(['create', 'äpfel'], folder, spawnCli),
    ])
    expect(names.map(({ code }) => code)).toEqual([0, 0])
    const files = readdirSync(path.join(folder, 'migrations')).slice(2)
    expect(files.map((name) => name.slice(0, 5)).sort()).toEqual(['0003_', '0004_'])
  })

  test('takes up in checksums.json what came before it, and hides no edit', async () => {
    const folder = migratedProject()
    const migrations = path.join(folder, 'migrations')
    const locked = (): string[] => {
      const { files } = JSON.parse(readFileSync(path.join(migrations, 'checksums.json'), 'utf8')) as {
        files: Record<string, string>
      }
      return Object.keys(files)
    }
    expect((await runJson(['create', 'third'], folder)).json).not.toHaveProperty('checksums')
    await runJson(['lock'], folder)
    const [first = ''] = readdirSync(migrations)
    writeFileSync(path.join(migrations, first), '-- edited\nSELECT 1;\n')
    await runJson(['create', 'fourth'], folder)
    expect(locked()).toHaveLength(3)
    writeFileSync(path.join(migrations, '0004_fourth.sql'), 'SELECT 4;\n')
    const { json } = await runJson(['create', 'fifth'], folder)
    expect(json).toHaveProperty('checksums')
    expect(locked()).toContain('0004_fourth.sql')
    expect(locked()).not.toContain('0005_fifth.sql')
    const { findings } = (await runJson(['validate'], folder)).json as { findings: { code: string }[] }
    expect(findings.filter(({ code }) => code === 'SQ104')).toHaveLength(1)
  })

  test('a name that would leave the folder is refused', async () => {
    const { code } = await runJson(['create', '../../evil'], migratedProject())
    expect(code).toBe(2)
  })
})

describe('doctor', () => {
  test('finds the misplaced migrations_dir and says where it belongs', async () => {
    const toml = THREE_ENVIRONMENTS.replace('account_id = "acc-production"', 'migrations_dir = "sql"')
    const { code, json } = await runJson(
      ['doctor', '--env', 'production'],
      projectFolder({ 'wrangler.toml': toml }),
    )
    expect(code).toBe(1)
    const { checks } = json as { checks: { name: string; state: string; message: string }[] }
    const migrations = checks.find(({ name }) => name === 'migrations')
    expect(migrations?.state).toBe('failed')
    expect(migrations?.message).toContain('No migrations directory found')
    expect(migrations?.message).toContain('[[env.production.d1_databases]]')
  })

  test('every failed check has its advice', async () => {
    const { json } = await runJson(['doctor'], projectFolder())
    const { checks } = json as { checks: { state: string; advice?: string }[] }
    const failed = checks.filter(({ state }) => state === 'failed')
    expect(failed.length).toBeGreaterThan(0)
    for (const check of failed) expect(check.advice).toBeTruthy()
  })
})

describe('freezes', () => {
  const DAY = 86_400_000
  const day = (after: number): string => new Date(Date.now() + after * DAY).toISOString().slice(0, 10)
  const frozen = (): string =>
    projectFolder({
      'wrangler.toml': WRANGLER,
      'migrations/0001_users.sql': TABLE,
      'runbook.config.json': JSON.stringify({
        freezes: [{ from: day(-2), to: day(2), reason: 'sale' }],
        environments: { local: { freezes: [{ from: day(40), to: day(41), reason: 'year end' }] } },
      }),
    })

  test('are told by plan and doctor, where they hold', async () => {
    const folder = frozen()
    const plan = await runJson(['plan'], folder)
    expect(plan.json).toMatchObject({ warnings: [expect.stringMatching(/^A freeze holds.*: sale, /)] })
    const { json } = (await runJson(['doctor'], folder)) as { json: { checks: { name: string }[] } }
    expect(json.checks.find(({ name }) => name === 'freezes')).toMatchObject({
      state: 'warned',
      message: expect.stringMatching(
        /^one holds now, and nothing is applied: sale, [^;]*; to come: year end, [^;]*$/,
      ) as string,
    })
    expect(json.checks.find(({ name }) => name === 'window')).toMatchObject({
      message: 'none is configured: a run applies once it is approved and no freeze holds',
    })
  })

  test('stand in the calendar, which says what it could not ask', async () => {
    const folder = frozen()
    const { code, stdout, stderr } = await runCli(['calendar'], folder)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^BEGIN:VCALENDAR\r\n[\s\S]*\r\nEND:VCALENDAR\r\n$/)
    expect(stdout.match(/^SUMMARY:.*$/gm)?.map((line) => line.trim())).toEqual([
      'SUMMARY:Freeze: sale (local)',
      'SUMMARY:Freeze: year end (local)',
    ])
    expect(stderr).toMatch(/^Without runs: /m)
    expect(await runJson(['calendar', '--env', 'local'], folder)).toMatchObject({
      code: 0,
      json: { success: true, events: [{ kind: 'freeze' }, { kind: 'freeze' }] },
    })
    expect(await runJson(['calendar', '--env', 'nope'], folder)).toMatchObject({
      code: 2,
      json: { error: { type: 'EnvironmentUnknown' } },
    })
    expect(await runJson(['calendar', '--run', 'migration/a/b'], folder)).toMatchObject({
      code: 2,
      json: { error: { type: 'TemporalUnreachable' } },
    })
  })
})
