import path from 'node:path'
import type { Context } from '../../config/context.js'
import type { Project } from '../../config/project.js'
import { resolveRequestSettings } from '../../config/settings.js'
import { storeOf } from '../../config/store.js'
import { resolveTarget } from '../../config/target.js'
import type { BackupSeen, ConsoleDatabases, DatabaseEntry, Known } from '../../console/databases.js'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { readProjectStatus } from '../jobs/project-status.js'

/** Archives whose metadata are read to find one that has any. */
const MOST_LOOKED_AT = 5

/** The databases of the project, as it was when the console started; files and archives as they are when somebody looks. */
export function consoleDatabases(project: Project): ConsoleDatabases {
  const contextOf = (environment: string): Context => ({
    project,
    target: resolveTarget(project, environment, { accountId: process.env['CLOUDFLARE_ACCOUNT_ID'] }),
  })
  return {
    entries: [...project.environments.keys()].map((environment) => entryOf(project, environment)),
    backup: (environment) => newestOf(contextOf(environment)),
    status: async (environment) => (await readProjectStatus(contextOf(environment))).status,
  }
}

function entryOf(project: Project, environment: string): DatabaseEntry {
  return {
    environment,
    timeZone: project.environments.get(environment)?.settings.timeZone ?? project.config.timeZone,
    database: configured(() => resolveTarget(project, environment, { allowSharedDatabase: true }).database),
    times: configured(() => {
      const { window, freezes } = resolveRequestSettings(project, environment)
      return defined({ window, freezes })
    }),
  }
}

/** What is wrong with one environment keeps no other from the page. */
function configured<T>(read: () => T): Known<T> {
  try {
    return { value: read() }
  } catch (error) {
    if (error instanceof RunbookError) return { unknown: error.message }
    throw error
  }
}

/** In a store of all workers names are all that is read; beside the project the metadata, too, which costs nothing. */
async function newestOf(context: Context): Promise<BackupSeen> {
  const { archivesOf } = await import('../../d1/backup/archives-of.js')
  const { unpackArchive } = await import('../../d1/backup/unpack.js')
  const store = await storeOf(context)
  const archives = archivesOf(context.target, store)
  // A local database is of this machine, and so are its archives.
  const shared = store !== undefined || !context.target.database.remote
  const seen: BackupSeen = { place: archives.place, shared, unreadable: [] }
  for await (const { file, createdAt } of archives.list()) {
    const name = path.basename(file)
    if (store !== undefined) return { ...seen, newest: { name, createdAt, proof: 'name' } }
    try {
      await unpackArchive(file)
      return { ...seen, newest: { name, createdAt, proof: 'metadata' } }
    } catch {
      seen.unreadable.push(name)
    }
    if (seen.unreadable.length >= MOST_LOOKED_AT) break
  }
  return seen
}
