import type { Charter, CharteredEnvironment } from '../../contract/charter.js'
import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'
import type { Target } from '../../contract/target.js'
import { charterHash } from './charter-hash.js'

/** One database that a worker serves. */
export interface Served {
  environment: CharteredEnvironment
  charterHash: string
  /** Variables that its channels and probes may name, besides those of `RUNBOOK_`. */
  variables: readonly string[]
}

/** All that a worker serves, frozen at its start. */
export type Service = ReadonlyMap<string, Served>

type Meant = Pick<Target, 'environment'> & { database: Pick<Target['database'], 'id'> }

/** Throws `ConfigInvalid` where two entries are for one database of one environment: which of them holds could not be said. */
export function serviceOf(charters: readonly Charter[]): Service {
  const service = new Map<string, Served>()
  for (const charter of charters) {
    for (const environment of charter.environments) {
      const key = keyOf(environment.target)
      if (service.has(key)) throw servedTwice(environment)
      const { variables } = charter
      service.set(key, { environment, charterHash: charterHash(environment, charter), variables })
    }
  }
  return service
}

/** The entry of this environment and database. Throws `NotAdmitted`, saying what is served. */
export function servedBy(service: Service, meant: Meant): Served {
  const found = service.get(keyOf(meant))
  if (found !== undefined) return found
  const { environment, database } = meant
  const serves =
    service.size === 0
      ? 'nothing'
      : [...service.values()].map((served) => nameOf(served.environment)).join(', ')
  throw new RunbookError(
    'NotAdmitted',
    `This worker has no charter for ${environment} (${database.id}). It serves ${serves}.`,
    {
      advice: words`Start a worker that serves it: ${command('worker')} in its project, or with a file that ${command('charter')} wrote there: ${command('worker', '--charter', 'FILE')}.`,
    },
  )
}

/** `production: art-archive (UUID)`. */
export function nameOf({ target: { environment, database } }: CharteredEnvironment): string {
  return `${environment}: ${database.name} (${database.id})`
}

function keyOf({ environment, database }: Meant): string {
  return JSON.stringify([environment, database.id])
}

function servedTwice(environment: CharteredEnvironment): RunbookError {
  return new RunbookError('ConfigInvalid', `Two charters are for ${nameOf(environment)}.`, {
    advice: 'Give one of them only: a worker must know which policy holds.',
  })
}
