import { existsSync } from 'node:fs'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import type { Target } from '../contract/target.js'
import { isBelow, staysBelow } from '../process/below.js'
import type { Environment, Project } from './project.js'

/** Where archives of an environment lie that has no `storage`. Throws `ConfigInvalid`, see {@link folderOf}. */
export function backupFolder(project: Project, { name, settings }: Environment): string {
  return folderOf(project, `environments.${name}.backup.dir`, settings.backup.dir ?? 'backups')
}

/** Wrangler's local state folder. Throws `ConfigInvalid`, see {@link folderOf}. */
export function persistFolder(project: Project, { name, settings }: Environment): string {
  return settings.persistTo === undefined
    ? path.join(project.wrangler.folder, '.wrangler', 'state')
    : folderOf(project, `environments.${name}.persistTo`, settings.persistTo)
}

/**
 * A folder that is written to, as the configuration names it. A relative one stays in the project, whatever links lie there: a
 * pull request may say it, and a backup deletes old archives. An absolute one is taken, and told by {@link foldersOutside}.
 * Throws `ConfigInvalid`.
 */
export function folderOf(project: Project, setting: string, asked: string): string {
  const { projectDir } = project
  const folder = path.resolve(projectDir, asked)
  if (path.isAbsolute(asked)) return folder
  const named = isNamedInside(projectDir, folder)
  if (named && staysBelow(projectDir, folder)) return folder
  throw new RunbookError(
    'ConfigInvalid',
    named
      ? `${setting} is ${JSON.stringify(asked)}, where a link leads out of the project ${projectDir}.`
      : `${setting} is ${JSON.stringify(asked)}, which is outside of the project ${projectDir}.`,
    {
      advice: `If that place is meant, give its absolute path in ${project.configFile ?? 'runbook.config'}: what is written there, and deleted, belongs to more than this checkout.`,
    },
  )
}

/** Places of a target that are written to and lie outside of its project, a sentence each. */
export function foldersOutside({ projectDir, backupDir, persistTo, storage }: Target): string[] {
  const places = [
    ...(storage === undefined ? [{ what: 'Archives lie', folder: backupDir }] : []),
    ...(storage?.kind === 'folder' ? [{ what: 'The storage lies', folder: storage.path }] : []),
    ...(persistTo === undefined ? [] : [{ what: 'The local database lies', folder: persistTo }]),
  ]
  return places
    .filter(({ folder }) => !isInside(projectDir, folder))
    .map(({ what, folder }) => `${what} outside of the project: ${folder}`)
}

/** By its links where the project is on this machine, else by its name: a charter may come from another one. */
function isInside(projectDir: string, folder: string): boolean {
  return existsSync(projectDir) ? staysBelow(projectDir, folder) : isNamedInside(projectDir, folder)
}

function isNamedInside(projectDir: string, folder: string): boolean {
  return folder === projectDir || isBelow(projectDir, folder)
}
