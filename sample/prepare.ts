import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { execa } from 'execa'
import { RunbookError } from '../src/contract/failures.js'
import { openSqlite, quoteText } from '../src/d1/sqlite.js'
import { copyMigrations, SAMPLE_DATABASES, sampleMigrations, sampleRoot, startProject } from './project.js'
import { seedSample } from './seed.js'

export interface PrepareOptions {
  /** Folder of the copy: made when missing, refused when it already holds a project. */
  to: string
  /** Where `wrangler.jsonc` and `migrations/` are copied from; default: this package. */
  from?: string
  /** Told in one sentence what happens next. */
  onProgress?: (message: string) => void
}

export interface PreparedSample {
  /** Absolute. */
  projectDir: string
  /** The SQLite file behind the local database. */
  databaseFile: string
  applied: string[]
  pending: string[]
  /** Seeded rows per table. */
  rows: Record<string, number>
}

/**
 * A fresh art archive on local D1: all but the last three migrations applied by real Wrangler, thousands of rows in it.
 * Throws `ConfigInvalid` for a folder in use, `SqlRefused` with Wrangler's words when it could not apply.
 */
export async function prepareSample(options: PrepareOptions): Promise<PreparedSample> {
  const { projectDir, root, applied, pending, say } = await copySample(options)
  say(`Applying ${applied.length} migrations with Wrangler (local D1).`)
  await applyWithWrangler(projectDir)
  await copyMigrations(pending, root, projectDir)
  const databaseFile = await findLocalDatabase(projectDir)
  const { rows } = seedSample({ file: databaseFile })
  say(`Seeded ${total(rows).toLocaleString('en')} rows; ${pending.length} migrations are pending.`)
  return { projectDir, databaseFile, applied, pending, rows }
}

export interface PreparedRemoteSample extends Omit<PreparedSample, 'databaseFile'> {
  /** For the local Cloudflare API: staging and production, filled alike. */
  databases: { id: string; name: string; file: string }[]
}

/**
 * The same archive as it stands "at Cloudflare": SQLite files below `dataDir`, for the local Cloudflare API to serve.
 * Wrangler cannot reach them before that API runs, so the applied migrations and their ledger are written directly.
 */
export async function prepareRemoteSample(options: PrepareOptions & { dataDir: string }): Promise<PreparedRemoteSample> {
  const { projectDir, root, applied, pending, say } = await copySample(options)
  await copyMigrations(pending, root, projectDir)
  const databases = [SAMPLE_DATABASES.staging, SAMPLE_DATABASES.production].map((database) => ({
    ...database,
    file: path.join(options.dataDir, `${database.name}.sqlite`),
  }))
  let rows: Record<string, number> = {}
  for (const { name, file } of databases) {
    say(`Filling ${name}.`)
    await applyDirectly(file, path.join(projectDir, 'migrations'), applied)
    rows = seedSample({ file }).rows
  }
  say(`Seeded ${total(rows).toLocaleString('en')} rows in each; ${pending.length} migrations are pending.`)
  return { projectDir, databases, applied, pending, rows }
}

async function copySample({ to, from, onProgress }: PrepareOptions) {
  const root = from ?? sampleRoot()
  const projectDir = path.resolve(to)
  const say = onProgress ?? (() => undefined)
  say(`Copying the sample project to ${projectDir}.`)
  await startProject(projectDir, root)
  const { applied, pending } = await sampleMigrations(root)
  // The pending ones follow later: Wrangler applies all that it finds.
  await copyMigrations(applied, root, projectDir)
  return { projectDir, root, applied, pending, say }
}

async function applyWithWrangler(projectDir: string): Promise<void> {
  const wrangler = createRequire(import.meta.url).resolve('wrangler/bin/wrangler.js')
  const result = await execa(process.execPath, [wrangler, 'd1', 'migrations', 'apply', 'DB', '--local'], {
    cwd: projectDir,
    env: { CI: '1', WRANGLER_SEND_METRICS: 'false' },
    stdin: 'ignore',
    all: true,
    reject: false,
    timeout: 120_000,
  })
  if (result.failed) {
    throw new RunbookError('SqlRefused', `Wrangler could not prepare the sample: ${result.all.slice(-2_000)}`, {
      advice: 'Run `npm run setup` again; when it stays, run `npx wrangler d1 migrations apply DB --local` in the copy.',
      cause: result,
    })
  }
}

/** The copy has one database, so its file is the only one beside Miniflare's own. */
async function findLocalDatabase(projectDir: string): Promise<string> {
  const folder = path.join(projectDir, '.wrangler', 'state', 'v3', 'd1', 'miniflare-D1DatabaseObject')
  const files = await readdir(folder).catch(() => [])
  const file = files.find((name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite')
  if (file !== undefined) return path.join(folder, file)
  throw new RunbookError('DatabaseNotFound', `Wrangler ended without an error but left no database in ${folder}.`, {
    advice: 'Run `npx wrangler d1 migrations apply DB --local` in the copy and read what it says.',
  })
}

/** Ledger as Wrangler makes it. */
async function applyDirectly(file: string, migrationsDir: string, names: string[]): Promise<void> {
  const database = openSqlite(file)
  try {
    database.exec(`CREATE TABLE d1_migrations (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT UNIQUE,
      applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
    )`)
    for (const name of names) {
      database.exec(await readFile(path.join(migrationsDir, name), 'utf8'))
      database.exec(`INSERT INTO d1_migrations (name) VALUES (${quoteText(name)})`)
    }
  } finally {
    database.close()
  }
}

function total(rows: Record<string, number>): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0)
}
