import { z } from 'zod'
import type { RequestClaim } from '../../contract/activities.js'
import type { Admission } from '../../contract/admission.js'
import { charteredEnvironmentSchema, type CharteredEnvironment } from '../../contract/charter.js'
import { RunbookError } from '../../contract/failures.js'
import { isPlainName } from '../../contract/migration-name.js'
import { migrationWorkflowId } from '../../contract/names.js'
import { command, words } from '../../contract/next-command.js'
import { migrationRequestSchema } from '../../contract/run.js'
import type { Target } from '../../contract/target.js'
import { checkoutWorkflowId } from '../../contract/checkout.js'
import { placeless } from './charter-hash.js'
import { differencesOf } from './differences.js'
import { servedBy, type Served, type Service } from './service.js'

const claimSchema = migrationRequestSchema.omit({ bundle: true })

/**
 * Holds a request against what the worker serves. Files, window, requester, evidence and time scale are the request's; all else is the
 * charter's, whatever the request says. Pure. Throws `NotAdmitted`.
 */
export function admitRequest(
  service: Service,
  value: unknown,
  workflowId: string | undefined,
): Admission & { effective: RequestClaim } {
  const { success, data: claim, error } = claimSchema.safeParse(value)
  if (!success) throw refusal(`This is no request of a migration: ${z.prettifyError(error)}`)
  const strange = claim.files.find(({ name }) => !isPlainName(name))
  if (strange !== undefined)
    throw refusal(`${JSON.stringify(strange.name)} is no path below a migrations folder`)
  const { environment: charter, charterHash } = servedFor(service, claim.target)
  const { environment, database } = charter.target
  const own = migrationWorkflowId(environment, database.id)
  if (workflowId !== own && workflowId !== checkoutWorkflowId(charter.target))
    throw refusal(`A migration of this database is the workflow ${own}, and this is ${workflowId ?? 'none'}`)
  return { charterHash, differences: differencesFrom(charter, claim), effective: heldTo(charter, claim) }
}

/** The entry that serves this target. Throws `NotAdmitted`, also where it is known by another account or another ledger. */
export function servedFor(service: Service, claim: Target): Served {
  const served = servedBy(service, claim)
  const { target } = served.environment
  const other = (['accountId', 'migrationsTable'] as const).find(
    (name) => claim[name] !== undefined && target[name] !== undefined && claim[name] !== target[name],
  )
  const remote = claim.database.remote !== target.database.remote
  if (other === undefined && !remote) return served
  const what = remote ? 'database.remote' : (other ?? '')
  const [asked, holds] =
    other === undefined ? [claim.database.remote, target.database.remote] : [claim[other], target[other]]
  throw refusal(
    `The request is for another database than the charter's ${target.environment} (${target.database.id}): ${what} is ${JSON.stringify(asked)}, and the charter says ${JSON.stringify(holds)}`,
  )
}

function heldTo(charter: CharteredEnvironment, claim: RequestClaim): RequestClaim {
  const { files, requester, preApproved, window, evidence, queries, checksums, overlooked } = claim
  const { timeScale } = claim.monitoring
  return {
    ...charter,
    ...{ files, requester, preApproved, evidence },
    ...(window === undefined ? {} : { window }),
    ...(queries === undefined ? {} : { queries }),
    ...(checksums === undefined ? {} : { checksums }),
    ...(overlooked === undefined ? {} : { overlooked }),
    monitoring: { ...charter.monitoring, timeScale },
  }
}

function differencesFrom(charter: CharteredEnvironment, claim: RequestClaim): Admission['differences'] {
  const names = Object.keys(charteredEnvironmentSchema.shape)
  const settings = Object.entries(claim).filter(([name]) => names.includes(name))
  return differencesOf(
    comparable(charteredEnvironmentSchema.parse(Object.fromEntries(settings))),
    comparable(charter),
  )
}

/** Without what is the run's own. */
function comparable(environment: CharteredEnvironment): object {
  const { timeScale: _ofTheRun, ...monitoring } = environment.monitoring
  return { ...placeless(environment), monitoring }
}

function refusal(message: string): RunbookError {
  return new RunbookError('NotAdmitted', `${message}.`, {
    advice: words`See what a worker of this project serves: ${command('charter')}`,
  })
}
