import type { Charter, CharteredEnvironment } from '../contract/charter.js'
import { RunbookError } from '../contract/failures.js'
import { loadProject, type Project } from './project.js'
import { resolveRequestSettings } from './settings.js'
import { findEnvironment, levelOf, resolveTarget } from './target.js'

/** An environment of the project that no worker can serve as it is configured. */
export interface Unserved {
  environment: string
  /** Why: what resolving it throws. */
  error: RunbookError
}

/** What a worker started in this folder serves. `accountId`: where no file names one; default: of this process. Throws what `loadProject` throws. */
export async function projectCharter(
  projectDir: string,
  accountId?: string,
): Promise<{ project: Project; charter: Charter; unserved: Unserved[] }> {
  const project = await loadProject({ projectDir })
  return { project, ...charterOf(project, [...project.environments.keys()], accountId) }
}

/**
 * These environments, each with every database that `--database` could name there. One that cannot be resolved is left out, and told.
 * Throws `EnvironmentUnknown`.
 */
export function charterOf(
  project: Project,
  environments: readonly string[],
  accountId = process.env['CLOUDFLARE_ACCOUNT_ID'],
): { charter: Charter; unserved: Unserved[] } {
  const unserved: Unserved[] = []
  const entries = environments.flatMap((environment) => {
    findEnvironment(project, environment)
    try {
      return entriesOf(project, environment, accountId)
    } catch (error) {
      if (!(error instanceof RunbookError)) throw error
      unserved.push({ environment, error })
      return []
    }
  })
  return { charter: { version: 1, environments: entries, variables: project.config.variables }, unserved }
}

/** The database that is meant where nobody names one comes first; throws why there is none. */
function entriesOf(
  project: Project,
  environment: string,
  accountId: string | undefined,
): CharteredEnvironment[] {
  const { window: _ofTheRun, ...settings } = resolveRequestSettings(project, environment)
  const bindings = levelOf(project, findEnvironment(project, environment)).databases.map(
    ({ binding }) => binding,
  )
  const entries = new Map<string, CharteredEnvironment>()
  const failures: unknown[] = []
  for (const database of [undefined, ...bindings]) {
    try {
      const target = resolveTarget(project, environment, {
        database,
        accountId,
      })
      if (!entries.has(target.database.id)) entries.set(target.database.id, { ...settings, target })
    } catch (error) {
      failures.push(error)
    }
  }
  if (entries.size === 0) throw failures[0]
  return [...entries.values()]
}
