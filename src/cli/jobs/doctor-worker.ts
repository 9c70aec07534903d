import type { Check } from '../../contract/run.js'
import { RunbookError } from '../../contract/failures.js'
import { WORKFLOW_TYPES } from '../../contract/names.js'
import { command, words } from '../../contract/next-command.js'
import type { Session } from '../../client/session.js'
import { readRun } from '../../client/runs.js'
import { readPollers } from '../../client/worker-presence.js'
import { formatDuration } from '../../text/duration.js'

/** Looked through for one of this task queue. */
const MOST_RUNS = 100

const WORKER = { name: 'worker', title: 'Worker' } as const

/**
 * Whether a worker polls, and answers: a poll that is open says nothing of a worker that was suspended since, so where a run is under way
 * it is asked. At most one query.
 */
export async function workerCheck(session: Session, taskQueue: string): Promise<Check> {
  const { polling, lastAt } = await readPollers(session, taskQueue)
  if (!polling)
    return {
      ...WORKER,
      state: 'failed',
      message: `nobody polls the task queue ${taskQueue}`,
      advice: words`Start one in another terminal: ${command('worker')}`,
    }
  const ago =
    lastAt === undefined ? '' : ` (last poll ${formatDuration(Math.max(0, Date.now() - lastAt))} ago)`
  const polls = `polls ${taskQueue}${ago}`
  const run = await runUnderWay(session, taskQueue)
  if (run === undefined)
    return {
      ...WORKER,
      state: 'passed',
      message: `${polls}; whether it answers was not asked, for no run is under way`,
    }
  try {
    await readRun(session, run.workflowId, run.runId, { monitored: false })
    return { ...WORKER, state: 'passed', message: `${polls}, and answers for ${run.workflowId}` }
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error
    if (error.type.startsWith('Worker'))
      return {
        ...WORKER,
        state: 'failed',
        message: `asked of ${run.workflowId}: ${error.message}`,
        advice: error.adviceWords,
      }
    return {
      ...WORKER,
      state: 'warned',
      message: `${polls}; whether it answers is not known: ${error.message}`,
    }
  }
}

async function runUnderWay(
  { listing }: Session,
  taskQueue: string,
): Promise<{ workflowId: string; runId: string } | undefined> {
  const query = `WorkflowType = '${WORKFLOW_TYPES.migration}' AND ExecutionStatus = 'Running'`
  let looked = 0
  for await (const run of listing.workflow.list({ query, pageSize: MOST_RUNS })) {
    if (run.taskQueue === taskQueue) return run
    looked += 1
    if (looked >= MOST_RUNS) break
  }
  return undefined
}
