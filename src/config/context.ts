import { RunbookError } from '../contract/failures.js'
import { DEFAULT_ENVIRONMENT } from '../contract/names.js'
import { requireMigrationsDir } from './migrations-dir.js'
import { loadProject, type Project } from './project.js'
import { resolveTarget, sayWhich } from './target.js'
import type { MigrationFile, Target } from '../contract/target.js'

/** Which database of which project, as the options of a command say it. */
export interface ContextOptions {
  /** Folder that holds the Wrangler file. */
  project: string
  env: string
  /** Which database, where the Wrangler file has several. */
  database?: string
}

export interface Context {
  project: Project
  target: Target
}

/**
 * The project and the database that the options mean. `touchesDatabase: false` for commands that read files only: they
 * also work where two environments share a database. `filesOnly`: nothing but the migration files matters, so where
 * nobody named an environment and there is no `local`, any one will do whose files are those of all.
 */
export async function openContext(
  options: ContextOptions,
  { touchesDatabase = true, filesOnly = false }: { touchesDatabase?: boolean; filesOnly?: boolean } = {},
): Promise<Context> {
  const project = await loadProject({ projectDir: options.project })
  const environment = filesOnly ? environmentOfTheFiles(project, options) : options.env
  const target = resolveTarget(project, environment, {
    database: options.database,
    accountId: process.env['CLOUDFLARE_ACCOUNT_ID'],
    allowSharedDatabase: !touchesDatabase,
  })
  return { project, target }
}

/** Throws `ConfigInvalid` where the environments have files of their own, so that one must be named. */
function environmentOfTheFiles(project: Project, { env, database }: ContextOptions): string {
  const [first, ...others] = [...project.environments.keys()]
  if (env !== DEFAULT_ENVIRONMENT || first === undefined || project.environments.has(env)) return env
  const filesOf = (name: string): string => {
    const { migrationsDir, migrationsPattern, migrationsTable } = resolveTarget(project, name, {
      database,
      allowSharedDatabase: true,
    })
    return JSON.stringify([migrationsDir, migrationsPattern, migrationsTable])
  }
  if (others.every((name) => filesOf(name) === filesOf(first))) return first
  throw new RunbookError(
    'ConfigInvalid',
    'There is no local database, and the environments have migration files of their own.',
    { advice: sayWhich([first, ...others]) },
  )
}

/** Throws `MigrationsNotFound`. */
export async function readProjectFiles({ project, target }: Context): Promise<MigrationFile[]> {
  const folder = requireMigrationsDir(project, target)
  const { readMigrationFiles } = await import('../d1/migrations/migration-files.js')
  return readMigrationFiles(folder, target.migrationsPattern)
}

/** `.sql` files below the migrations folder that Wrangler passes over. */
export async function readOverlooked({ target }: Context): Promise<string[]> {
  const { listOverlooked } = await import('../d1/migrations/listing.js')
  return listOverlooked(target.migrationsDir, target.migrationsPattern)
}
