import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { localDatabaseFile } from '../../../src/d1/read/local-file.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { packageRoot } from '../../../src/process/package-root.js'
import { projectFolder } from '../../config/project-folder.js'
import { runCli, runJson } from '../run-cli.js'

const ID = '3242e5e3-50c0-49e2-8bd8-68232d1801ff'
const WRANGLER = path.join(packageRoot(), 'node_modules', '.bin', 'wrangler')

const INIT =
  'CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL);\nCREATE INDEX users_email ON users (email);\n'
const SEED =
  "CREATE TABLE roles (name TEXT PRIMARY KEY, rank INTEGER);\nINSERT INTO roles VALUES ('admin', 1), ('guest', 9);\n"
const LATER = 'CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT);\n'
const FILES = { '0001_init.sql': INIT, '0002_roles.sql': SEED, '0003_posts.sql': LATER }

function projectOf({
  files = FILES,
  config = '',
}: { files?: Record<string, string>; config?: string } = {}): string {
  return projectFolder({
    'wrangler.toml': `[[d1_databases]]\nbinding = "DB"\ndatabase_name = "app"\ndatabase_id = "${ID}"\n${config}`,
    ...Object.fromEntries(Object.entries(files).map(([name, sql]) => [`migrations/${name}`, sql])),
  })
}

const databaseFile = (folder: string): string =>
  localDatabaseFile({ persistTo: path.join(folder, '.wrangler', 'state'), databaseId: ID })

/** A project whose database real Wrangler made of `live` by `execute --file`. */
async function madeByExecute(live: string): Promise<string> {
  const folder = projectOf()
  writeFileSync(path.join(folder, 'live.sql'), live)
  await wrangler(folder, ['execute', 'app', '--local', '--file', 'live.sql'])
  return folder
}

/** The same without a Wrangler, where who made the database is not the point. */
function holding(live: string, options?: Parameters<typeof projectOf>[0]): string {
  const folder = projectOf(options)
  const file = databaseFile(folder)
  mkdirSync(path.dirname(file), { recursive: true })
  const database = openSqlite(file)
  database.exec(`PRAGMA journal_mode = WAL;\n${live}`)
  database.close()
  return folder
}

async function wrangler(folder: string, args: string[]): Promise<string> {
  const env = { CI: '1', WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' }
  const { stdout } = await execa(WRANGLER, ['d1', ...args], { cwd: folder, env })
  return stdout
}

function ledgerOf(folder: string, table = 'd1_migrations'): { name: unknown; applied_at: unknown }[] {
  const database = openSqlite(databaseFile(folder), { readOnly: true })
  try {
    return database.prepare(`SELECT name, applied_at FROM "${table}" ORDER BY id`).all() as {
      name: unknown
      applied_at: unknown
    }[]
  } finally {
    database.close()
  }
}

const namesIn = (folder: string, table?: string): unknown[] => ledgerOf(folder, table).map(({ name }) => name)

test('what is held is recorded as of now, Wrangler takes it for applied, and a second time nothing is written', async () => {
  const folder = await madeByExecute(INIT + SEED)
  const status = await runJson(['status'], folder)
  expect(status.json).toMatchObject({
    alreadyThere: {
      migration: '0001_init.sql',
      objects: [{ name: 'users' }, { name: 'users_email' }],
      next: [{ command: 'adopt', args: ['--dry-run'] }],
    },
  })
  const { json: plan } = await runJson(['plan'], folder)
  expect(plan).toMatchObject({
    verdict: 'block',
    findings: [{ code: 'RH101', next: [{ command: 'adopt', args: ['--dry-run'] }] }, { code: 'SQ108' }],
  })

  const began = Date.now()
  const first = await runJson(['adopt'], folder)
  expect(first).toMatchObject({
    code: 0,
    json: {
      success: true,
      adopted: ['0001_init.sql', '0002_roles.sql'],
      notProven: [{ name: '0003_posts.sql', why: 'Table posts is missing.' }],
    },
  })
  const rows = ledgerOf(folder)
  expect(rows.map(({ name }) => name)).toEqual(['0001_init.sql', '0002_roles.sql'])
  for (const { applied_at: at } of rows)
    expect(Date.parse(`${String(at).replace(' ', 'T')}Z`)).toBeGreaterThan(began - 2000)
  const listed = await wrangler(folder, ['migrations', 'list', 'app', '--local'])
  expect(listed).toContain('0003_posts.sql')
  expect(listed).not.toContain('0001_init.sql')

  const again = await runJson(['adopt'], folder)
  // Nothing more is there: nothing was done, and that is not success.
  expect(again).toMatchObject({ code: 1, json: { success: false, adopted: [], notProven: [{}] } })
  expect(namesIn(folder)).toHaveLength(2)
  expect((await runJson(['plan'], folder)).json).toMatchObject({ verdict: 'ok' })
  expect((await runJson(['status'], folder)).json).not.toHaveProperty('alreadyThere')
})

describe('no two commands send people to each other', () => {
  const HALF = INIT.split('\n')[0] ?? ''

  test.each([
    [
      'an empty database',
      '',
      /Nothing is proven: nothing was written\.\nNext: d1-runbook plan --env local\n/,
    ],
    [
      'half of the first file',
      HALF,
      /0001_init\.sql is not proven, and would not run here either \(line 1: table users already exists\)[^]*INSERT INTO "d1_migrations" \(name\) VALUES \('0001_init\.sql'\);/,
    ],
  ])('%s', async (_what, live, end) => {
    const folder = holding(live)
    const { code, stdout } = await runCli(['adopt'], folder)
    expect(code).toBe(1)
    expect(stdout).toMatch(end)
    expect(stdout.includes('plan')).toBe(live === '')
  })
})

test('the bytes of what is recorded are kept, where the project keeps checksums, and an edit of them is seen', async () => {
  const folder = holding(INIT + SEED)
  expect((await runJson(['adopt', '--through', '0001_init.sql'], folder)).json).not.toHaveProperty(
    'checksums',
  )
  await runCli(['lock'], folder)
  const kept = path.join(folder, 'migrations', 'checksums.json')
  writeFileSync(kept, JSON.stringify({ version: 1, files: {} }))
  expect((await runJson(['adopt'], folder)).json).toMatchObject({
    adopted: ['0002_roles.sql'],
    checksums: kept,
  })
  expect(readFileSync(kept, 'utf8').match(/\d{4}_\w+\.sql/g)).toEqual(['0002_roles.sql'])
  writeFileSync(path.join(folder, 'migrations', '0002_roles.sql'), `${SEED}-- more\n`)
  expect((await runJson(['status'], folder)).json).toMatchObject({
    conflicts: [{ code: 'SQ104', migration: '0002_roles.sql', blocking: false }],
  })
})

test('a dry run writes nothing', async () => {
  const folder = holding(INIT + SEED)
  expect(await runJson(['adopt', '--dry-run'], folder)).toMatchObject({
    code: 0,
    json: { adopted: [], provable: ['0001_init.sql', '0002_roles.sql'] },
  })
  expect(() => namesIn(folder)).toThrow('no such table')
})

test('what is there otherwise is named, nothing is written, and the end is not success', async () => {
  const folder = holding(INIT.replace('NOT NULL)', 'NOT NULL, age INTEGER)') + SEED)
  const { code, json } = await runJson(['adopt'], folder)
  expect(code).toBe(1)
  expect(json).toMatchObject({
    success: false,
    adopted: [],
    notProven: [
      {
        name: '0001_init.sql',
        differences: [{ kind: 'column', state: 'extra', name: 'age', table: 'users' }],
      },
      { name: '0002_roles.sql' },
      { name: '0003_posts.sql' },
    ],
  })
})

test('a ledger of another name, and names that are paths', async () => {
  const folder = holding(INIT + SEED, {
    files: { '0001_init/migration.sql': INIT, '0002_roles/migration.sql': SEED },
    config:
      'migrations_dir = "migrations"\nmigrations_table = "my ledger"\nmigrations_pattern = "migrations/*/migration.sql"\n',
  })
  const paths = ['0001_init/migration.sql', '0002_roles/migration.sql']
  expect((await runJson(['adopt'], folder)).json).toMatchObject({ adopted: paths, notProven: [] })
  expect(namesIn(folder, 'my ledger')).toEqual(paths)
})

describe('--through', () => {
  test('asks about no file behind it', async () => {
    const folder = holding(INIT + SEED)
    expect(await runJson(['adopt', '--through', '0001_init.sql'], folder)).toMatchObject({
      code: 0,
      json: { adopted: ['0001_init.sql'], notProven: [] },
    })
    expect(namesIn(folder)).toEqual(['0001_init.sql'])
  })

  test('a file that is not proven: what is before it is recorded, and the end is not success', async () => {
    const folder = holding(INIT + SEED)
    expect(await runJson(['adopt', '--through', '0003_posts.sql'], folder)).toMatchObject({
      code: 1,
      json: {
        success: false,
        adopted: ['0001_init.sql', '0002_roles.sql'],
        notProven: [{ name: '0003_posts.sql' }],
      },
    })
  })

  test('a file that there is none of is a usage error', async () => {
    const folder = holding(INIT)
    expect((await runCli(['adopt', '--through', '0009_no.sql'], folder)).code).toBe(2)
  })
})

test('where the policy asks other people, nothing is written', async () => {
  const folder = holding(INIT)
  writeFileSync(
    path.join(folder, 'runbook.config.json'),
    JSON.stringify({ environments: { local: { policy: { gates: { final: { approvals: 2 } } } } } }),
  )
  // They are asked by a run, and here is no server that could have one.
  const refused = await runJson(['adopt', '--yes'], folder, (args, cwd) =>
    runCli(args, cwd, { TEMPORAL_ADDRESS: '127.0.0.1:1' }),
  )
  expect(refused).toMatchObject({ json: { error: { type: 'TemporalUnreachable' } } })
  expect(() => ledgerOf(folder)).toThrow('no such table')
  expect((await runJson(['adopt', '--dry-run'], folder)).json).toMatchObject({ provable: ['0001_init.sql'] })
})
