import { defined } from '../contract/defined.js'
import type { WorkflowHandle } from '@temporalio/client'
import { monitoringQuery, statusQuery } from '../contract/messages.js'
import type { MonitoringView } from '../contract/monitoring.js'
import { FAILURES } from '../contract/failures.js'
import { monitoringWorkflowId } from '../contract/names.js'
import { recordedMonitoring, recordedRun } from '../contract/recorded.js'
import type { RunView } from '../contract/run.js'
import { awaitedDiskOf } from './awaited-disk.js'
import type { Session } from './session.js'
import { explainAsked } from './silence.js'
import { explainGone, runOver } from './run-over.js'
import { demandSharedKey } from './worker-presence.js'
import { command, words } from '../contract/next-command.js'

/** How long an answer may take before somebody counts as silent. Milliseconds. */
const QUERY_TIMEOUT_MS = 10_000

/**
 * State of a run, open or closed, with what the monitoring child has seen so far. Costs one or two queries. `monitored: false`: without the
 * monitoring of one that is under way, which is the second.
 */
export async function readRun(
  session: Session,
  workflowId: string,
  runId?: string,
  { monitored = true }: { monitored?: boolean } = {},
): Promise<RunView> {
  const handle = session.client.workflow.getHandle(workflowId, runId)
  try {
    const description = await withinDeadline(session, () => handle.describe())
    const view =
      description.status.name === 'COMPLETED'
        ? recordedRun((await withinDeadline(session, () => handle.result())) as RunView)
        : recordedRun(await withinDeadline(session, () => handle.query(statusQuery)))
    if (description.status.name !== 'RUNNING' && view.closedAt === undefined) {
      const ended = { ...view, ...endedByForce(description.status.name, description.closeTime) }
      return await joinMonitoring(session, ended, 'asked')
    }
    const running = description.status.name === 'RUNNING'
    return {
      ...(running && !monitored
        ? withoutWait(view)
        : await joinMonitoring(session, withoutWait(view), running ? 'asked' : 'told')),
      ...defined({ awaitedDisk: running ? awaitedDiskOf(description) : undefined }),
    }
  } catch (error) {
    throw await explainAsked(session, error, { workflowId, runId })
  }
}

/** The server says it; a workflow that does knows no better. */
function withoutWait({ awaitedDisk: _said, ...view }: RunView): RunView {
  return view
}

/** Terminated or timed out from outside: the workflow had no chance to say how it ended. */
function endedByForce(status: string, closeTime: Date | undefined): Partial<RunView> {
  const message = `The workflow was ended from outside (${status.toLowerCase()}); what is applied was not read back.`
  return {
    success: false,
    phase: 'closed',
    outcome: 'failed',
    message,
    failure: { type: 'OutcomeUnknown', message, advice: words`Read what is applied: ${command('status')}.` },
    ...defined({ closedAt: closeTime?.toISOString() }),
  }
}

/** The child keeps its checkpoints to itself until the parent's result holds them: where there is none it is asked, not `told`. */
async function joinMonitoring(session: Session, view: RunView, how: 'asked' | 'told'): Promise<RunView> {
  if (view.monitoring !== null && how === 'told') return view
  const begun = view.steps.find(({ step }) => step === 'monitor')?.startedAt
  if (begun === undefined) return view
  const monitoring = await readMonitoring(session, view)
  return monitoring === undefined ? view : { ...view, monitoring }
}

/** What the monitoring of this very run has seen; undefined where it cannot be asked. One query. */
export async function readMonitoring(
  session: Session,
  view: Pick<RunView, 'workflowId' | 'runId'>,
): Promise<MonitoringView | undefined> {
  const child: WorkflowHandle = session.client.workflow.getHandle(monitoringWorkflowId(view.workflowId))
  try {
    // The ID is the same in every run of this database: only the child of this very run may answer.
    const { parentExecution } = await child.describe()
    if (parentExecution?.runId !== view.runId) return undefined
    return recordedMonitoring(await withinDeadline(session, () => child.query(monitoringQuery)))
  } catch {
    // Not begun yet, or its history is gone: the run itself is still worth showing.
    return undefined
  }
}

export async function withinDeadline<T>(session: Session, ask: () => Promise<T>): Promise<T> {
  return session.client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, ask)
}

/** Sends a signal, to the newest run where none is named; it reaches a run also when no worker is there right now. */
export async function signalRun(
  session: Session,
  run: { workflowId: string; runId?: string | undefined },
  send: (handle: WorkflowHandle, runId: string) => Promise<void>,
): Promise<void> {
  const { workflowId } = run
  try {
    const description = await session.client.workflow.getHandle(workflowId, run.runId).describe()
    const over = runOver(description)
    if (over !== undefined) throw over
    const { runId, taskQueue } = description
    await demandSharedKey(session, taskQueue)
    // This run, not one that begins meanwhile: a signature is for one run.
    await send(session.client.workflow.getHandle(workflowId, runId), runId)
  } catch (error) {
    throw await explainGone(session, error, run)
  }
}

/**
 * Exit code of a run: what people decided and what went wrong are told apart, and so is a request that no worker serves or that lacks what its charter asks for. A run under way
 * counts as fine.
 */
export function exitCodeOf(view: Pick<RunView, 'outcome'> & Partial<Pick<RunView, 'failure'>>): number {
  const failed = view.failure?.type
  if (failed === 'NotAdmitted' || failed === 'ConfigInvalid') return FAILURES[failed].exitCode
  switch (view.outcome) {
    case null:
    case 'completed':
      return 0
    case 'completed-unhealthy':
    case 'failed':
    case 'drifted':
      return 1
    case 'declined':
    case 'aborted':
    case 'expired':
      return 3
    case 'rolled-back':
      return 4
  }
}
