import path from 'node:path'
import { charterOf } from '../../config/charter.js'
import { readCharters } from '../../config/charter-file.js'
import type { Project } from '../../config/project.js'
import { command, words } from '../../contract/next-command.js'
import type { Check } from '../../contract/run.js'
import type { Target } from '../../contract/target.js'
import { settingDifferences } from '../../runbook/charter/differences.js'
import { servedBy, serviceOf } from '../../runbook/charter/service.js'

/** Whether the workers that poll are held to what the project says now, as far as they tell: a run goes by their charter. */
export function charterOfWorkers(
  project: Project,
  target: Target,
  charters: readonly (readonly string[] | undefined)[],
): Pick<Check, 'state' | 'message' | 'advice'> {
  if (charters.length === 0) return { state: 'skipped', message: 'not known: no worker polls' }
  const told = charters.flatMap((one) => (one === undefined ? [] : [one]))
  if (told.length < charters.length)
    return {
      state: 'skipped',
      message: 'not known: a worker polls that does not tell it; --charter FILE compares one',
    }
  const { charterHash } = servedBy(serviceOf([charterOf(project, [target.environment]).charter]), target)
  const hash = charterHash.slice(0, 12)
  const held = told.filter((served) => served.includes(hash)).length
  if (held === told.length)
    return { state: 'passed', message: `what this project says here and now (${hash})` }
  const who = held === 0 ? 'no worker that polls' : `only ${held} of ${told.length} workers that poll`
  return {
    state: 'warned',
    message: `${who} is held to what this project says here and now (${hash}): a run goes by the charter that admits it`,
    advice:
      'Start the worker again after a change of the project; give it the same CLOUDFLARE_ACCOUNT_ID, where a file names no account.',
  }
}

/** Whether a charter that a worker was given still says what the project says: a run is held to it, not to the project. */
export async function charterAgainst(
  project: Project,
  target: Target,
  file: string,
): Promise<string | Pick<Check, 'state' | 'message' | 'advice'>> {
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
