import { DEFAULT_ENVIRONMENT, DEFAULT_LEDGER } from '../contract/names.js'
import { defined } from '../contract/defined.js'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import type { Target } from '../contract/target.js'
import { didYouMean } from './closest.js'
import type { Environment, Project } from './project.js'
import { ENTRY_KEYS, type D1Entry, type WranglerLevel } from './wrangler-file.js'
import { command, words } from '../contract/next-command.js'

export interface TargetOptions {
  /** `--database`: binding, `database_name` or `database_id`. */
  database?: string | undefined
  /** `CLOUDFLARE_ACCOUNT_ID` of this process, used where neither file names an account. */
  accountId?: string | undefined
  /** For commands that touch no database: do not refuse a UUID that two environments share. */
  allowSharedDatabase?: boolean
}

/** Throws `EnvironmentUnknown`, naming those that exist. */
export function findEnvironment(project: Project, name: string): Environment {
  const environment = project.environments.get(name)
  if (environment !== undefined) return environment
  const known = [...project.environments.keys()]
  if (known.length === 0) {
    throw new RunbookError('DatabaseNotFound', `${project.wrangler.file} has no D1 database.`, {
      advice:
        'Add a [[d1_databases]] entry with binding, database_name and database_id (`wrangler d1 list` shows them).',
    })
  }
  const level = project.wrangler.environments.get(name)
  const reason =
    level === undefined && name === DEFAULT_ENVIRONMENT
      ? `${path.basename(project.wrangler.file)} has no database at its top level, so there is no environment "${name}".`
      : level === undefined
        ? `There is no environment "${name}".${didYouMean(name, known)}`
        : `[env.${name}] has no d1_databases of its own, and Wrangler does not inherit them from the top level.`
  throw new RunbookError('EnvironmentUnknown', `${reason} Known: ${known.join(', ')}.`, {
    advice:
      level === undefined
        ? `Say which: --env ${known.join(', or --env ')}. Or add [env.${name}] with a d1_databases entry to ${path.basename(project.wrangler.file)}, or environments.${name} to runbook.config.`
        : `Add [[env.${name}.d1_databases]] to ${path.basename(project.wrangler.file)}.`,
    details: { known },
  })
}

/**
 * The one database that `environment` means, all paths absolute.
 * Throws `EnvironmentUnknown`, `DatabaseNotFound`, `ConfigInvalid`, and `WrongTarget` when another environment claims the
 * same remote database: an approval for one would be an approval for the other.
 */
export function resolveTarget(project: Project, environment: string, options: TargetOptions = {}): Target {
  const found = findEnvironment(project, environment)
  const level = levelOf(project, found)
  const entry = chooseDatabase(project, found, level, options.database)
  const id = databaseId(found, entry, project)
  const { folder, file, top } = project.wrangler
  const accountId = found.settings.accountId ?? level.accountId ?? top.accountId ?? options.accountId
  const target: Target = {
    environment: found.name,
    production: found.production,
    database: { name: entry.name, id, remote: found.remote },
    binding: entry.binding,
    ...(found.remote && accountId !== undefined ? { accountId } : {}),
    projectDir: project.projectDir,
    wranglerConfig: file,
    ...defined({ wranglerEnv: found.wranglerEnv }),
    migrationsDir: path.resolve(folder, entry.migrationsDir ?? 'migrations'),
    ...defined({ migrationsPattern: patternBelow(entry, file) }),
    migrationsTable: entry.migrationsTable ?? DEFAULT_LEDGER,
    ...(found.remote ? {} : { persistTo: persistFolder(project, found) }),
    backupDir: path.resolve(project.projectDir, found.settings.backup.dir ?? 'backups'),
    ...defined({ backupMaxRowsRead: found.settings.backup.maxRowsRead }),
  }
  if (options.allowSharedDatabase !== true) refuseSharedDatabase(project, target)
  return target
}

/** What the configuration says of the database and nobody reads: keys that Wrangler does not know, in one sentence. */
export function configWarnings(project: Project, target: Target): string[] {
  const level = levelOf(project, findEnvironment(project, target.environment))
  const keys = level.databases.find(({ binding }) => binding === target.binding)?.unknownKeys ?? []
  if (keys.length === 0) return []
  const named = keys.map((key) => `${key}${didYouMean(key, [...ENTRY_KEYS])}`).join(', ')
  return [
    `The d1_databases entry ${target.binding} of ${path.basename(project.wrangler.file)} has what neither Wrangler 4.150 nor this tool knows: ${named}`,
  ]
}

/** The pattern below the migrations folder. Throws `ConfigInvalid` where Wrangler refuses it too. */
function patternBelow({ migrationsDir, migrationsPattern }: D1Entry, file: string): string | undefined {
  if (migrationsPattern === undefined) return undefined
  const advice =
    'Set both in the d1_databases entry, such as migrations_dir "drizzle" and migrations_pattern "drizzle/*/migration.sql".'
  const where = `migrations_pattern "${migrationsPattern}" in ${path.basename(file)}`
  if (migrationsDir === undefined)
    throw new RunbookError('ConfigInvalid', `${where} needs a migrations_dir beside it.`, { advice })
  const [folder, pattern] = [migrationsDir, migrationsPattern].map((text) =>
    path.posix.normalize(text.replaceAll('\\', '/')).replace(/\/$/, ''),
  )
  if (folder === '.') return pattern
  if (pattern?.startsWith(`${folder}/`) === true) return pattern.slice(`${folder}/`.length)
  throw new RunbookError('ConfigInvalid', `${where} does not start with its migrations_dir, "${folder}/".`, {
    advice,
  })
}

/** Names of other remote environments whose database is the same one. */
export function environmentsSharingDatabase(project: Project, target: Target): string[] {
  if (!target.database.remote) return []
  return [...project.environments.values()]
    .filter((other) => other.remote && other.name !== target.environment)
    .filter((other) => {
      const level = levelOf(project, other)
      const named = other.settings.database ?? project.config.database
      const entries =
        named === undefined ? level.databases : level.databases.filter((entry) => answersTo(entry, named))
      return entries.some((entry) => entry.id === target.database.id)
    })
    .map(({ name }) => name)
}

function refuseSharedDatabase(project: Project, target: Target): void {
  const others = environmentsSharingDatabase(project, target)
  if (others.length === 0) return
  throw new RunbookError(
    'WrongTarget',
    `The environments ${[target.environment, ...others].join(' and ')} name the same database ${target.database.id}.`,
    {
      advice: words`Give each environment its own database_id in ${project.wrangler.file}; ${command('doctor')} shows both.`,
      details: { environments: [target.environment, ...others] },
    },
  )
}

export function levelOf(project: Project, environment: Environment): WranglerLevel {
  const { wranglerEnv } = environment
  if (wranglerEnv === undefined) return project.wrangler.top
  return project.wrangler.environments.get(wranglerEnv) ?? project.wrangler.top
}

function chooseDatabase(
  project: Project,
  environment: Environment,
  level: WranglerLevel,
  asked: string | undefined,
): D1Entry {
  const where = environment.wranglerEnv === undefined ? 'the top level' : `[env.${environment.wranglerEnv}]`
  const file = path.basename(project.wrangler.file)
  const names = level.databases.map(({ name }) => name)
  const wanted = asked ?? environment.settings.database ?? project.config.database
  if (level.databases.length === 0) {
    throw new RunbookError('DatabaseNotFound', `${where} of ${file} has no D1 database.`, {
      advice: `Add a d1_databases entry there, or set environments.${environment.name}.wranglerEnv in runbook.config.`,
    })
  }
  const candidates =
    wanted === undefined ? level.databases : level.databases.filter((entry) => answersTo(entry, wanted))
  const [entry, second] = candidates
  if (entry === undefined) {
    throw new RunbookError(
      'DatabaseNotFound',
      `${where} of ${file} has no database "${wanted}".${didYouMean(wanted ?? '', names)} It has: ${names.join(', ')}.`,
      { advice: 'Give one of them: --database NAME.' },
    )
  }
  if (second !== undefined) {
    throw new RunbookError(
      'ConfigInvalid',
      `${where} of ${file} has several databases: ${names.join(', ')}.`,
      {
        advice: `Say which: --database ${names[0]}, or \`database\` in runbook.config.`,
        details: { databases: names },
      },
    )
  }
  return entry
}

function answersTo(entry: D1Entry, name: string): boolean {
  return entry.name === name || entry.binding === name || entry.id === name
}

/** Locally Wrangler keys the state by the preview id first, and needs no real id at all. */
function databaseId(environment: Environment, entry: D1Entry, project: Project): string {
  if (!environment.remote) return entry.previewId ?? entry.id ?? entry.binding
  if (entry.id !== undefined) return entry.id
  throw new RunbookError(
    'ConfigInvalid',
    `The database ${entry.name} of environment ${environment.name} has no database_id in ${project.wrangler.file}: which database is meant cannot be proven.`,
    { advice: `Take the UUID from \`wrangler d1 info ${entry.name}\` and write it there.` },
  )
}

function persistFolder(project: Project, environment: Environment): string {
  const asked = environment.settings.persistTo
  return asked === undefined
    ? path.join(project.wrangler.folder, '.wrangler', 'state')
    : path.resolve(project.projectDir, asked)
}
