import { DEFAULT_LEDGER } from '../src/contract/names.js'
import { ledgerSql, recordSql } from '../src/d1/schema/ledger.js'
import { existsSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { loadProject } from '../src/config/project.js'
import { resolveTarget } from '../src/config/target.js'
import { RunbookError } from '../src/contract/failures.js'
import { localDatabaseFile } from '../src/d1/read/local-file.js'
import { openSqlite } from '../src/d1/sqlite/sqlite.js'
import { demandSuccess, runWrangler } from '../src/d1/wrangler/wrangler.js'
import { copyMigrations, SAMPLE_DATABASES, sampleMigrations, sampleRoot, startProject } from './project.js'
import { seedSample } from './seed.js'
import { grouped } from '../src/contract/number.js'

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
 * Throws `ConfigInvalid` for a folder in use, what Wrangler's failure was when it could not apply.
 */
export async function prepareSample(options: PrepareOptions): Promise<PreparedSample> {
  const { projectDir, root, applied, pending, say } = await copySample(options)
  say(`Applying ${applied.length} migrations with Wrangler (local D1).`)
  const databaseFile = await applyWithWrangler(projectDir)
  await copyMigrations(pending, root, projectDir)
  const { rows } = seedSample({ file: databaseFile })
  say(`Seeded ${grouped(total(rows))} rows; ${pending.length} migrations are pending.`)
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
export async function prepareRemoteSample(
  options: PrepareOptions & { dataDir: string },
): Promise<PreparedRemoteSample> {
  const { projectDir, root, applied, pending, say } = await copySample(options)
  await copyMigrations(pending, root, projectDir)
  const databases = [SAMPLE_DATABASES.staging, SAMPLE_DATABASES.production].map((database) => ({
    ...database,
    file: path.join(options.dataDir, `${database.name}.sqlite`),
  }))
  await mkdir(options.dataDir, { recursive: true })
  let rows: Record<string, number> = {}
  for (const { name, file } of databases) {
    say(`Filling ${name}.`)
    await applyDirectly(file, path.join(projectDir, 'migrations'), applied)
    rows = seedSample({ file }).rows
  }
  say(`Seeded ${grouped(total(rows))} rows in each; ${pending.length} migrations are pending.`)
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

async function applyWithWrangler(projectDir: string): Promise<string> {
  const target = resolveTarget(await loadProject({ projectDir }), 'local')
  const result = await runWrangler({
    target,
    args: ['d1', 'migrations', 'apply', target.database.name],
    config: target.wranglerConfig,
  })
  demandSuccess(result, 'Preparing the sample')
  const { persistTo = path.join(projectDir, '.wrangler', 'state') } = target
  const file = localDatabaseFile({ persistTo, databaseId: target.database.id })
  // Exit code 0 proves nothing.
  if (existsSync(file)) return file
  throw new RunbookError(
    'DatabaseNotFound',
    `Wrangler ended without an error but made no database ${file}.`,
    {
      advice: `Run \`npx wrangler d1 migrations apply ${target.database.name} --local\` in ${projectDir} and read what it says.`,
    },
  )
}

async function applyDirectly(file: string, migrationsDir: string, names: string[]): Promise<void> {
  const database = openSqlite(file)
  try {
    database.exec(ledgerSql(DEFAULT_LEDGER))
    for (const name of names) {
      database.exec(await readFile(path.join(migrationsDir, name), 'utf8'))
      database.exec(recordSql(DEFAULT_LEDGER, name))
    }
  } finally {
    database.close()
  }
}

function total(rows: Record<string, number>): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0)
}
