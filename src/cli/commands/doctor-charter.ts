import path from 'node:path'
import { charterOf } from '../../config/charter.js'
import { readCharters } from '../../config/charter-file.js'
import type { Project } from '../../config/project.js'
import { command, words } from '../../contract/next-command.js'
import type { Check } from '../../contract/run.js'
import type { Target } from '../../contract/target.js'
import { settingDifferences } from '../../runbook/charter/differences.js'
import { servedBy, serviceOf } from '../../runbook/charter/service.js'

/** Whether a charter that a worker was given still says what the project says: a run is held to it, not to the project. */
export function charterAgainst(
  project: Project,
  target: Target,
  file: string,
): () => Promise<string | Pick<Check, 'state' | 'message' | 'advice'>> {
  return async () => {
    const held = servedBy(serviceOf(await readCharters(path.resolve(file))), target)
    const ours = servedBy(serviceOf([charterOf(project, [target.environment]).charter]), target)
    if (held.charterHash === ours.charterHash)
      return `says what the project says (${held.charterHash.slice(0, 12)})`
    const differences = settingDifferences(
      { ...ours.environment, variables: ours.variables },
      { ...held.environment, variables: held.variables },
    ).map(({ path: place, claimed, holds }) => `${place}: the project has ${claimed}, the charter ${holds}`)
    return {
      state: 'failed',
      message: `is not what the project says: ${differences.join('; ')}`,
      advice: words`Write it anew, give it to the worker, and start that again: ${command('charter')} > ${path.basename(file)}`,
    }
  }
}
