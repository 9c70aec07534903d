import { expect, test } from 'vitest'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { localDatabaseFile } from '../../src/d1/read/local-file.js'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { timeIn } from '../../src/cli/jobs/zone.js'
import { projectFolder } from '../config/project-folder.js'
import { runCli } from './run-cli.js'

const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d/

function project(): string {
  const folder = projectFolder({
    'wrangler.toml': '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n',
    'migrations/0001_users.sql': 'CREATE TABLE users (id INTEGER PRIMARY KEY);\n',
    'migrations/0002_next.sql': 'ALTER TABLE users ADD COLUMN email TEXT;\n',
    'runbook.config.mjs': `export default {
      timeZone: 'Asia/Kolkata',
      environments: { local: { window: { opensAt: '2026-01-05T22:00:00+05:30', closesAt: '2026-01-05T23:00:00+05:30' } } },
    }\n`,
  })
  const file = localDatabaseFile({ persistTo: path.join(folder, '.wrangler', 'state'), databaseId: 'DB' })
  mkdirSync(path.dirname(file), { recursive: true })
  const database = openSqlite(file)
  database.exec(`CREATE TABLE users (id INTEGER PRIMARY KEY);
    CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
      applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
    INSERT INTO d1_migrations (name, applied_at) VALUES ('0001_users.sql', '2026-03-07 20:00:00');`)
  database.close()
  return folder
}

const COMMANDS: [string[], string?][] = [
  [['status'], '2026-03-08 01:30:00 IST'],
  [['doctor'], '2026-01-05 22:00:00 IST to 2026-01-05 23:00:00 IST'],
  [['validate']],
  [['plan']],
  [['backup']],
  [['backup', 'validate']],
  [['lock']],
  [['adopt', '--dry-run']],
  [['create-rollback', '--print']],
]

test('times for people are in the configured zone, with its name, and ISO in JSON', async () => {
  const folder = project()
  for (const [args, time] of COMMANDS) {
    const { stdout, stderr } = await runCli(args, folder)
    // The comment at the head of a file that we write is the file's, not a sentence of ours.
    expect(`${stdout}${stderr}`.replace(/^-- .*$/gm, ''), args.join(' ')).not.toMatch(ISO)
    expect(stdout, args.join(' ')).toContain(time ?? '')
  }
  const { stdout } = await runCli(['status', '--json'], folder)
  expect(JSON.parse(stdout)).toMatchObject({
    timestamp: expect.stringMatching(ISO) as string,
    applied: [{ appliedAt: '2026-03-07 20:00:00' }],
  })
})

test.each([
  ['2026-03-07T20:00:00.000Z', '2026-03-08 01:30:00 IST'],
  ['2026-03-07T20:00:00+00:00', '2026-03-08 01:30:00 IST'],
  ['2026-03-07 20:00:00', '2026-03-08 01:30:00 IST'],
  ['yesterday', 'yesterday'],
  ['', ''],
])('%j reads as %j', (text, shown) => {
  expect(timeIn('Asia/Kolkata', text)).toBe(shown)
})
