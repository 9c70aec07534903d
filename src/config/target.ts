import { DEFAULT_ENVIRONMENT, DEFAULT_LEDGER } from '../contract/names.js'
import { defined } from '../contract/defined.js'
import path from 'node:path'
import { shellWord } from '../contract/shell.js'
import { RunbookError } from '../contract/failures.js'
import { exportHoursOf } from '../contract/export-hours.js'
import type { Storage } from '../contract/storage.js'
import type { Target } from '../contract/target.js'
import { didYouMean } from './closest.js'
import { backupFolder, folderOf, persistFolder } from './folders.js'
import type { Environment, Project } from './project.js'
import {
  answersTo,
  chooseDatabase,
  databaseOptionFor,
  localId,
  migrationsDir,
  plainPath,
} from './choose-database.js'
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
    throw new RunbookError(
      'DatabaseNotFound',
      `${project.wrangler.file} has no D1 database.${misspelt(project)}`,
      {
        advice:
          'Add a [[d1_databases]] entry with binding, database_name and database_id (`wrangler d1 list` shows them).',
      },
    )
  }
  const level = project.wrangler.environments.get(name)
  const reason =
    level === undefined && name === DEFAULT_ENVIRONMENT
      ? `${path.basename(project.wrangler.file)} has no database at its top level, so there is no environment "${name}".`
      : level === undefined
        ? `There is no environment "${name}".${didYouMean(name, known)}`
        : `[env.${name}] has no d1_databases of its own, and Wrangler does not inherit them from the top level.`
  throw new RunbookError('EnvironmentUnknown', `${reason}${misspelt(project)} Known: ${known.join(', ')}.`, {
    advice:
      level === undefined
        ? `${sayWhich(known)} Or add [env.${name}] with a d1_databases entry to ${path.basename(project.wrangler.file)}, or environments.${name} to runbook.config.`
        : `Add [[env.${name}.d1_databases]] to ${path.basename(project.wrangler.file)}.`,
    details: { known },
  })
}

export function sayWhich(environments: readonly string[]): string {
  return `Say which: --env ${environments.map((name) => shellWord(name)).join(', or --env ')}.`
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
  refuseEmpty(entry, ['migrations_dir', 'migrations_pattern'], project)
  const { folder, file, top } = project.wrangler
  const accountId = found.settings.accountId ?? level.accountId ?? top.accountId ?? options.accountId
  const target: Target = {
    environment: found.name,
    production: found.production,
    database: { name: entry.name, id, remote: found.remote },
    binding: entry.binding,
    ...defined({ databaseOption: databaseOptionFor(project, found, { level, entry }) }),
    ...(found.remote && accountId !== undefined ? { accountId } : {}),
    projectDir: project.projectDir,
    wranglerConfig: file,
    ...defined({ wranglerEnv: found.wranglerEnv }),
    migrationsDir: path.resolve(folder, migrationsDir(entry)),
    ...defined({ migrationsPattern: patternBelow(entry, file) }),
    migrationsTable: entry.migrationsTable ?? DEFAULT_LEDGER,
    ...(found.remote ? {} : { persistTo: persistFolder(project, found) }),
    backupDir: backupFolder(project, found),
    ...defined({
      storage: storageOf(project, found),
      backupMaxRowsRead: found.settings.backup.maxRowsRead,
      backupWay: found.settings.backup.way,
      backupExportHours: exportHours(project, found),
      backupRecipients: found.settings.backup.recipients,
      archiveWaitMs: found.settings.backup.waitForWorker,
      workersPlan: found.settings.workersPlan,
    }),
  }
  if (options.allowSharedDatabase !== true) refuseSharedDatabase(project, target)
  return target
}

/** A folder is meant from the project; without a setting, files lie beside it. */
function storageOf(project: Project, { name, settings }: Environment): Storage | undefined {
  const storage = settings.storage ?? project.config.storage
  if (storage?.kind !== 'folder') return storage
  const setting = settings.storage === undefined ? 'storage.path' : `environments.${name}.storage.path`
  return { ...storage, path: folderOf(project, setting, storage.path) }
}

/** The ID that is used, and why it is that one where the entry has two. */
export function whichId(project: Project, target: Target): string {
  const { id, remote } = target.database
  const level = levelOf(project, findEnvironment(project, target.environment))
  const entry = level.databases.find(({ binding }) => binding === target.binding)
  if (entry?.previewId === undefined || entry.previewId === entry.id) return id
  return remote
    ? `${id}; its preview_database_id ${entry.previewId} is left alone`
    : `${id}, its preview_database_id, which Wrangler takes for everything local`
}

/** Lists of databases that Wrangler does not read as such, each where it stands; nothing where there is none. */
function misspeltLists({ wrangler }: Project): string[] {
  const levels: [string, WranglerLevel][] = [
    ['', wrangler.top],
    ...[...wrangler.environments].map(([name, level]): [string, WranglerLevel] => [`env.${name}.`, level]),
  ]
  return levels.flatMap(([prefix, { likeDatabases }]) => likeDatabases.map((key) => `${prefix}${key}`))
}

function misspelt(project: Project): string {
  const found = misspeltLists(project)
  return found.length === 0 ? '' : ` It has ${found.join(', ')}: the key is d1_databases.`
}

/** What the configuration says of databases and nobody reads: keys that Wrangler does not know, a sentence each. */
export function configWarnings(project: Project, target: Target): string[] {
  const level = levelOf(project, findEnvironment(project, target.environment))
  const keys = level.databases.find(({ binding }) => binding === target.binding)?.unknownKeys ?? []
  const lists = misspeltLists(project).map(
    (key) =>
      `${path.basename(project.wrangler.file)} has ${key}, which Wrangler does not read: the key is d1_databases`,
  )
  if (keys.length === 0) return lists
  const named = keys.map((key) => `${key}${didYouMean(key, [...ENTRY_KEYS])}`).join(', ')
  return [
    `The d1_databases entry ${target.binding} of ${path.basename(project.wrangler.file)} has what neither Wrangler 4.150 nor this tool knows: ${named}`,
    ...lists,
  ]
}

/** The pattern below the migrations folder. Throws `ConfigInvalid` where Wrangler refuses it too. */
function patternBelow(entry: D1Entry, file: string): string | undefined {
  const { migrationsPattern } = entry
  if (migrationsPattern === undefined) return undefined
  const advice =
    'Set both in the d1_databases entry, such as migrations_dir "drizzle" and migrations_pattern "drizzle/*/migration.sql".'
  const where = `migrations_pattern "${migrationsPattern}" in ${path.basename(file)}`
  if (entry.migrationsDir === undefined)
    throw new RunbookError('ConfigInvalid', `${where} needs a migrations_dir beside it.`, { advice })
  const [folder, pattern] = [entry.migrationsDir, migrationsPattern].map(plainPath)
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

/** Entries of other environments whose `preview_database_id` is this production database: `--preview` and `wrangler dev --remote` write there. */
export function previewsOfProduction(project: Project, target: Target): string[] {
  if (!target.production || !target.database.remote) return []
  return [...project.environments.values()]
    .filter(({ name }) => name !== target.environment)
    .filter((other) =>
      levelOf(project, other).databases.some(({ previewId }) => previewId === target.database.id),
    )
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

/** Throws `ConfigInvalid` where no ID, or an empty one, would leave it to Wrangler which database that is. */
function databaseId(environment: Environment, entry: D1Entry, project: Project): string {
  if (!environment.remote) {
    refuseEmpty(entry, entry.previewId === undefined ? LOCAL_IDS : [], project)
    return localId(entry)
  }
  if (entry.id !== undefined) return entry.id
  throw new RunbookError(
    'ConfigInvalid',
    `The database ${entry.name} of environment ${environment.name} has no database_id in ${project.wrangler.file}: which database is meant cannot be proven.`,
    { advice: `Take the UUID from \`wrangler d1 info ${shellWord(entry.name)}\` and write it there.` },
  )
}

const LOCAL_IDS = ['preview_database_id', 'database_id']

/** An empty text, which Wrangler takes as it is: an ID of no letters, the folder of the Wrangler file, a pattern that it refuses. */
function refuseEmpty(entry: D1Entry, keys: readonly string[], project: Project): void {
  const empty = keys.find((key) => entry.emptyKeys.includes(key))
  if (empty === undefined) return
  throw new RunbookError(
    'ConfigInvalid',
    `${empty} of the d1_databases entry ${entry.binding} in ${path.basename(project.wrangler.file)} is empty, and Wrangler takes that for a value.`,
    { advice: words`Fill it in or remove the line; ${command('doctor')} reads the file again.` },
  )
}

function exportHours(project: Project, { settings }: Environment): Target['backupExportHours'] {
  const hours = settings.backup.exportHours
  return hours === undefined ? undefined : exportHoursOf(hours, settings.timeZone ?? project.config.timeZone)
}
