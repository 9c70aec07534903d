import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import { TASK_QUEUE } from '../contract/names.js'
import { command, words } from '../contract/next-command.js'
import { serviceOf, type Service } from '../runbook/charter/service.js'
import { didYouMean } from './closest.js'
import { projectCharter, type Unserved } from './charter.js'
import { readCharters } from './charter-file.js'
import { loadProject } from './project.js'

/** Where the charters of a worker are, where no `--charter` names them: paths, parted as in `PATH`. */
const CHARTER_VARIABLE = 'D1_RUNBOOK_CHARTER'

export interface WorkerConfiguration {
  service: Service
  /** Environments of the project that cannot be served, and why. */
  unserved: Unserved[]
  /** Of the project; the default where the worker has none. */
  taskQueue: string
}

/**
 * What a worker serves, read once at its start: its charters (`files`, else those of the variable), else the project that it was started
 * in. Throws `ConfigInvalid` for what cannot be read or would serve nothing.
 */
export async function workerConfiguration({
  projectDir,
  files = filesOf(process.env[CHARTER_VARIABLE]),
}: {
  projectDir: string
  files?: readonly string[] | undefined
}): Promise<WorkerConfiguration> {
  if (files.length === 0) return ofProject(projectDir)
  const charters = await Promise.all(files.map(readCharters))
  const service = serviceOf(charters.flat())
  if (service.size === 0) throw servesNothing(`${files.join(', ')} serves no database.`)
  const taskQueue = await unlessMissing(
    async () => (await loadProject({ projectDir })).taskQueue,
    () => TASK_QUEUE,
  )
  return { service, unserved: [], taskQueue }
}

/** A worker serves all that it has: a name that is none of them was meant for another one. Throws `EnvironmentUnknown`. */
export function demandServes({ service, unserved }: WorkerConfiguration, environment: string): void {
  const served = [...service.values()].map(({ environment: { target } }) => target.environment)
  const known = [...new Set([...served, ...unserved.map((one) => one.environment)])]
  if (known.includes(environment)) return
  throw new RunbookError(
    'EnvironmentUnknown',
    `There is no environment "${environment}" here.${didYouMean(environment, known)} Known: ${known.join(', ')}.`,
    { advice: 'Leave --env out: a worker serves all of them.' },
  )
}

async function ofProject(projectDir: string): Promise<WorkerConfiguration> {
  const { project, charter, unserved } = await unlessMissing(
    () => projectCharter(projectDir),
    (error) => {
      throw servesNothing(
        `A worker serves what its own configuration says, and here is none. ${error.message}`,
      )
    },
  )
  const [first] = unserved
  if (charter.environments.length === 0)
    throw first === undefined ? servesNothing(`${project.wrangler.file} has no D1 database.`) : first.error
  return { service: serviceOf([charter]), unserved, taskQueue: project.taskQueue }
}

async function unlessMissing<T>(load: () => Promise<T>, otherwise: (error: RunbookError) => T): Promise<T> {
  try {
    return await load()
  } catch (error) {
    if (error instanceof RunbookError && error.type === 'ProjectNotFound') return otherwise(error)
    throw error
  }
}

function filesOf(value: string | undefined): string[] {
  return (value ?? '').split(path.delimiter).filter((file) => file !== '')
}

function servesNothing(message: string): RunbookError {
  return new RunbookError('ConfigInvalid', message, {
    advice: words`Start it in the project's folder (--project DIR), or give it what ${command('charter')} wrote there: ${command('worker', '--charter', 'FILE')}.`,
  })
}
