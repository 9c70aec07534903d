import { z } from 'zod'
import type { RequestClaim } from '../../contract/activities.js'
import type { Admission } from '../../contract/admission.js'
import { defined } from '../../contract/defined.js'
import { charteredEnvironmentSchema, type CharteredEnvironment } from '../../contract/charter.js'
import { RunbookError } from '../../contract/failures.js'
import { noMigrationName, whyNoMigrationNames } from '../../contract/migration-name.js'
import { migrationWorkflowId } from '../../contract/names.js'
import { at, command, words } from '../../contract/next-command.js'
import { migrationRequestSchema } from '../../contract/run.js'
import type { Target } from '../../contract/target.js'
import { checkoutOf, checkoutWorkflowId } from '../../contract/checkout.js'
import { isOwnName, OWN_NAME_REFUSED } from '../../contract/own-name.js'
import { settingDifferences, type Settings } from './differences.js'
import { servedBy, type Served, type Service } from './service.js'

const claimSchema = migrationRequestSchema.omit({ bundle: true })

/**
 * Holds a request against what the worker serves. Files, window, requester, the agent that proposed it and evidence are the request's, and the time scale
 * where no signatures are required; all else is the charter's, whatever the request says. Pure. Throws `NotAdmitted`.
 */
export function admitRequest(
  service: Service,
  value: unknown,
  workflowId: string | undefined,
): Admission & { effective: RequestClaim } {
  const { success, data: claim, error } = claimSchema.safeParse(value)
  if (!success) throw refusal(`This is no request of a migration: ${z.prettifyError(error)}`)
  const misnamed = whyNoMigrationNames(claim.files.map(({ name }) => name))
  if (misnamed !== undefined) throw refusal(noMigrationName(misnamed))
  const actors = [
    claim.requester,
    ...(claim.proposedBy === undefined ? [] : [claim.proposedBy.agent]),
    ...claim.evidence.flatMap(({ actor }) => actor ?? []),
  ]
  if (actors.some(isOwnName)) throw refusal(OWN_NAME_REFUSED)
  const { environment: charter, charterHash, variables } = servedFor(service, claim.target)
  const { environment, database } = charter.target
  const own = migrationWorkflowId(environment, database.id)
  if (workflowId !== own && workflowId !== checkoutWorkflowId(charter.target))
    throw refusal(notItsWorkflow(charter.target, claim.target, workflowId))
  const differences = [...differencesFrom({ ...charter, variables }, claim), ...ownTime(charter, claim)]
  return { charterHash, differences, effective: heldTo(charter, claim) }
}

/** Two runs of one database would each go by what the other changes. */
export function alsoOpen({ database }: Target, workflowId: string): RunbookError {
  return new RunbookError(
    'NotAdmitted',
    `Another run of ${database.name} was begun before this one and is open: ${workflowId}.`,
    {
      advice: words`Look at it: ${at({ run: workflowId }, command('show'))}. Start again once it has ended, or end it: ${at({ run: workflowId }, command('abort'))}`,
    },
  )
}

/** An ID behind that of the database belongs to another folder: only the folders say which two databases are meant. */
function notItsWorkflow(holds: Target, claimed: Target, workflowId: string | undefined): string {
  const own = migrationWorkflowId(holds.environment, holds.database.id)
  const folder = checkoutOf(holds)
  if (folder === undefined)
    return `A migration of this database is the workflow ${own}, and this is ${workflowId ?? 'none'}`
  return (
    `The charter's database lies in ${folder}, and its migrations are the workflow ${own} or ${checkoutWorkflowId(holds)}. ` +
    `This is ${workflowId ?? 'none'}, which belongs to another folder; the request names ${checkoutOf(claimed) ?? 'none'}`
  )
}

/**
 * The entry that serves this target. Throws `NotAdmitted`, also where it is known by another account or another ledger, or is the
 * database of another checkout on this machine, which may have the same ID.
 */
export function servedFor(service: Service, claim: Target): Served {
  const served = servedBy(service, claim)
  const { target } = served.environment
  const other = Object.entries(identityOf(claim)).find(([name, asked]) => {
    const holds = identityOf(target)[name]
    return asked !== undefined && holds !== undefined && asked !== holds
  })
  if (other === undefined) return served
  const [name, asked] = other
  const holds = identityOf(target)[name]
  if (name === 'folder')
    throw refusal(
      `The request is for another database than the charter's ${target.environment} (${target.database.id}): that of the project lies in ${JSON.stringify(asked)}, and that of the charter in ${JSON.stringify(holds)}`,
    )
  throw refusal(
    `The request is for another database than the charter's ${target.environment} (${target.database.id}): ${name} is ${JSON.stringify(asked)}, and the charter says ${JSON.stringify(holds)}`,
  )
}

/** What tells databases of one ID apart, by its name for people. */
function identityOf(target: Target): Record<string, unknown> {
  const { accountId, migrationsTable, database } = target
  return { 'database.remote': database.remote, folder: checkoutOf(target), accountId, migrationsTable }
}

function heldTo(charter: CharteredEnvironment, claim: RequestClaim): RequestClaim {
  const { files, requester, preApproved, window, evidence, queries, checksums, overlooked } = claim
  const { adopt, lostRun, proposedBy } = claim
  const { timeScale } = (bringsOwnTime(charter) ? claim : charter).monitoring
  return {
    ...charter,
    ...{ files, requester, preApproved, evidence },
    ...defined({ window, queries, checksums, overlooked, adopt, lostRun, proposedBy }),
    monitoring: { ...charter.monitoring, timeScale },
  }
}

/** What people must sign is not shortened by whoever asks for it: the scale is no part of the plan that they sign. */
function bringsOwnTime({ policy }: CharteredEnvironment): boolean {
  return !policy.requireSignatures
}

function ownTime(charter: CharteredEnvironment, claim: RequestClaim): Admission['differences'] {
  const [claimed, holds] = [claim, charter].map(({ monitoring }) => String(monitoring.timeScale))
  if (claimed === undefined || holds === undefined || claimed === holds) return []
  const stands = bringsOwnTime(charter) ? ({ stands: 'claimed' } as const) : {}
  return [{ path: 'monitoring.timeScale', claimed, holds, ...stands }]
}

function differencesFrom(charter: Settings, claim: RequestClaim): Admission['differences'] {
  const names = Object.keys(charteredEnvironmentSchema.shape)
  const settings = Object.entries(claim).filter(([name]) => names.includes(name))
  const claimed = charteredEnvironmentSchema.parse(Object.fromEntries(settings))
  return settingDifferences({ ...claimed, variables: claim.variables }, charter)
}

function refusal(message: string): RunbookError {
  return new RunbookError('NotAdmitted', `${message}.`, {
    advice: words`See what a worker of this project serves: ${command('charter')}`,
  })
}
