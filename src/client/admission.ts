import { setTimeout as pause } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import type { RunView } from '../contract/run.js'
import { readRun } from './runs.js'
import type { Session } from './session.js'
import type { StartedRun } from './start.js'

/** A worker answers within a second; one that is busy is not waited for much longer: the run says the same later. Milliseconds. */
const PATIENCE_MS = 8_000
const LOOK_AGAIN_MS = 200

/**
 * The run once its request was held against the worker's charter, or has ended; undefined where that takes long, or nobody answers.
 * Throws what reading a run throws and waiting cannot help.
 */
export async function untilAdmitted(session: Session, run: StartedRun): Promise<RunView | undefined> {
  const until = Date.now() + PATIENCE_MS
  while (Date.now() < until) {
    const view = await read(session, run)
    if (view !== undefined && (view.admission !== undefined || view.outcome !== null)) return view
    await pause(LOOK_AGAIN_MS)
  }
  return undefined
}

async function read(session: Session, { workflowId, runId }: StartedRun): Promise<RunView | undefined> {
  try {
    return await readRun(session, workflowId, runId)
  } catch (error) {
    if (error instanceof RunbookError && error.retryable) return undefined
    throw error
  }
}
