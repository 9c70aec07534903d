import { requireMigrationsDir } from './migrations-dir.js'
import { loadProject, type Project } from './project.js'
import { resolveTarget } from './target.js'
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
 * also work where two environments share a database.
 */
export async function openContext(
  options: ContextOptions,
  { touchesDatabase = true }: { touchesDatabase?: boolean } = {},
): Promise<Context> {
  const project = await loadProject({ projectDir: options.project })
  const target = resolveTarget(project, options.env, {
    database: options.database,
    accountId: process.env['CLOUDFLARE_ACCOUNT_ID'],
    allowSharedDatabase: !touchesDatabase,
  })
  return { project, target }
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
