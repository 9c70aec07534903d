import type { CommandPlace } from '../../contract/next-command.js'
import { DEFAULT_ENVIRONMENT } from '../../contract/names.js'
import type { CommonOptions } from '../terminal/app.js'

/** Where a proposed command is typed without saying an environment: nowhere else needs to be named where the default one is there. */
export function placeAmong(names: readonly string[]): Pick<CommandPlace, 'environment'> {
  const [first] = names
  return first === undefined || names.includes(DEFAULT_ENVIRONMENT) ? {} : { environment: first }
}

/** The same of a project; of one that cannot be read nothing is known. */
export async function likelyPlace({
  project,
}: Pick<CommonOptions, 'project'>): Promise<Pick<CommandPlace, 'environment'>> {
  try {
    const { loadProject } = await import('../../config/project.js')
    return placeAmong([...(await loadProject({ projectDir: project })).environments.keys()])
  } catch {
    return {}
  }
}
