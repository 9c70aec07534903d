import { openContext, type ContextOptions } from '../config/context.js'
import { migrationWorkflowId, WORKFLOW_TYPES } from '../contract/names.js'
import { RunbookError } from '../contract/failures.js'
import { at, command, words, type NextCommand } from '../contract/next-command.js'
import { checkoutOf, checkoutWorkflowId } from '../contract/checkout.js'
import { newestRun, type NewestRun } from '../temporal/newest-run.js'
import { readRequest } from './run-history.js'
import { withSession, type Session } from './session.js'
import { explainTemporal } from './temporal-failure.js'

type Target = Parameters<typeof checkoutWorkflowId>[0]

/**
 * The ID under which runs of a target's database are: that of environment and database, and for a local database whose ID
 * another checkout has taken on this server, one of its own. Where both are this checkout's, the open run is meant, else the newest.
 * No billable action. Throws `TemporalUnreachable`, `KeyMissing`, `AlreadyRunning` where both are open.
 */
export async function runIdOf(session: Session, target: Target): Promise<string> {
  const plain = migrationWorkflowId(target.environment, target.database.id)
  if (target.database.remote) return plain
  const own = checkoutWorkflowId(target)
  const [ours, first] = await Promise.all([newestRunOf(session, own), newestRunOf(session, plain)])
  if (first === undefined) return ours === undefined ? plain : own
  if (ours?.open === true && !first.open) return own
  const request = await readRequest(session, { workflowId: plain, runId: first.runId })
  if (request !== null && checkoutOf(request.target) !== checkoutOf(target)) return own
  if (ours === undefined || (first.open && !ours.open)) return plain
  if (ours.open) throw bothOpen(plain, own)
  return first.startedAt > ours.startedAt ? plain : own
}

/** A start asks which run is open first, so that two are the work of whoever starts workflows without us. */
function bothOpen(one: string, other: string): RunbookError {
  const show = (run: string): NextCommand => at({ run }, command('show'))
  const abort = at({ run: other }, command('abort'))
  return new RunbookError('AlreadyRunning', `Two runs of this database are open: ${one} and ${other}.`, {
    advice: words`Look at both: ${show(one)} and ${show(other)}. Say with --id which one is meant, and end the one that nobody wants, such as ${abort}`,
  })
}

/** As Temporal makes them; the ID of a workflow of ours is none. */
const RUN_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** The run that an ID means: a workflow ID its newest one, a run ID, which `list` shows too, that very one. Throws `TemporalUnreachable`. */
async function runNamed(session: Session, id: string): Promise<{ workflowId: string; runId?: string }> {
  if (!RUN_ID.test(id)) return { workflowId: id }
  const runId = id.toLowerCase()
  const query = `WorkflowType = '${WORKFLOW_TYPES.migration}' AND RunId = '${runId}'`
  try {
    for await (const { workflowId } of session.listing.workflow.list({ query, pageSize: 1 }))
      return { workflowId, runId }
  } catch (error) {
    throw explainTemporal(error, id)
  }
  return { workflowId: id }
}

/**
 * `work` with the run as typed, or that of the environment's database; where that has none yet, a `RunNotFound` of `work` says so. `runId`:
 * it is this very run that was named, not the newest. Throws what {@link openContext} and {@link runIdOf} do.
 */
export async function withRun<T>(
  options: ContextOptions,
  id: string | undefined,
  work: (session: Session, workflowId: string, runId?: string) => Promise<T>,
): Promise<T> {
  if (id !== undefined && id !== '')
    return withSession(options.project, async (session) => {
      const { workflowId, runId } = await runNamed(session, id)
      return work(session, workflowId, runId)
    })
  const { target } = await openContext(options, { touchesDatabase: false })
  return withSession(options.project, async (session) => {
    const found = await runIdOf(session, target)
    try {
      return await work(session, found)
    } catch (error) {
      if (!(error instanceof RunbookError) || error.type !== 'RunNotFound') throw error
      if ((await newestRunOf(session, found)) !== undefined) throw error
      const { environment, database } = target
      throw new RunbookError('RunNotFound', `No runs of ${database.name} (${environment}) yet.`, {
        advice: words`Start one: ${at({ environment }, command('start'))}`,
        cause: error,
      })
    }
  })
}

/** Throws `TemporalUnreachable` and its like. */
export async function newestRunOf(session: Session, workflowId: string): Promise<NewestRun | undefined> {
  try {
    return await newestRun(session, workflowId)
  } catch (error) {
    throw explainTemporal(error, workflowId)
  }
}
