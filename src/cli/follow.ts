import { setTimeout as sleep } from 'node:timers/promises'
import type { RunView } from '../contract/run.js'
import { RunbookError } from '../contract/failures.js'
import { readRun } from './runs.js'
import type { Session } from './session.js'
import { explainTemporal } from './temporal-failure.js'

/**
 * What changes a run's state, by the numbers of Temporal's `EventType`: activity scheduled 10 and completed 12, failed 13,
 * timed out 14; signalled 26; child started 31 to 36; update completed 42; closed 2 to 5 and 21 to 24. Timers change
 * nothing by themselves. Reading history is no billable action; the query that follows it is one.
 */
const STATE_EVENTS = new Set([2, 3, 4, 5, 10, 12, 13, 14, 21, 22, 24, 26, 31, 32, 33, 34, 35, 36, 42, 43])
/** While monitoring, the activities of the run are only messages: nothing to look at but decisions and the end. */
const PEOPLE_EVENTS = new Set([2, 3, 4, 5, 21, 22, 24, 26, 32, 33, 34, 35, 42])

export interface FollowOptions {
  session: Session
  workflowId: string
  runId?: string | undefined
  /** Least time between two queries. Milliseconds: small for a person who waits at a prompt, large for `watch`. */
  minPauseMs: number
  signal: AbortSignal
  /** Says once when nobody answers, and goes on trying. */
  onTrouble: (message: string) => void
}

/** The run's state, whenever it changed, until it is closed. Ends quietly when `signal` is aborted. */
export async function* followRun(options: FollowOptions): AsyncGenerator<RunView> {
  const { session, workflowId, signal } = options
  let view = await readRun(session, workflowId, options.runId)
  yield view
  const changes = new ChangeListener(session, { workflowId, runId: view.runId })
  while (view.outcome === null && !signal.aborted) {
    const due = nextCheckpointDelay(view)
    const pause = AbortSignal.any([signal, ...(due === undefined ? [] : [AbortSignal.timeout(due)])])
    await changes.next(
      pause,
      view.phase === 'monitor' && openGateCount(view) === 0 ? PEOPLE_EVENTS : STATE_EVENTS,
    )
    if (hasLeft(signal)) return
    const asked = Date.now()
    const fresh = await readAgain(options, view.runId)
    if (fresh === undefined) return
    view = fresh
    yield view
    await sleep(Math.max(0, options.minPauseMs - (Date.now() - asked)), undefined, { signal }).catch(
      () => undefined,
    )
  }
}

/** Goes on through a worker or a server that is away: the run does not depend on who looks at it. */
async function readAgain(options: FollowOptions, runId: string): Promise<RunView | undefined> {
  for (let told = false; !options.signal.aborted;) {
    try {
      return await readRun(options.session, options.workflowId, runId)
    } catch (error) {
      if (!(error instanceof RunbookError) || !error.retryable) throw error
      if (!told) options.onTrouble(`${error.message} ${error.advice}`)
      told = true
      await sleep(3_000, undefined, { signal: options.signal }).catch(() => undefined)
    }
  }
  return undefined
}

/** Asked anew after each wait, which the compiler cannot know to change it. */
function hasLeft(signal: AbortSignal): boolean {
  return signal.aborted
}

function openGateCount(view: RunView): number {
  return view.gates.filter(({ state }) => state === 'open').length
}

/** Just after the next checkpoint, when there is something new to see. Milliseconds. */
function nextCheckpointDelay(view: RunView): number | undefined {
  if (view.phase !== 'monitor') return undefined
  const nextAt = view.monitoring?.nextAt
  if (nextAt === undefined) return 5_000
  return Math.min(Math.max(Date.parse(nextAt) - Date.now(), 0) + 1_000, 2 ** 31 - 1)
}

/** Long-polls the history of one run. */
class ChangeListener {
  private token: Uint8Array | undefined
  private readonly session: Session
  private readonly execution: { workflowId: string; runId: string }

  constructor(session: Session, execution: { workflowId: string; runId: string }) {
    this.session = session
    this.execution = execution
  }

  /** Returns when an event of `wanted` came, when the run closed, or when `signal` is aborted. */
  async next(signal: AbortSignal, wanted: ReadonlySet<number>): Promise<void> {
    const { client } = this.session
    while (!signal.aborted) {
      try {
        const page = await client.withAbortSignal(signal, () =>
          client.withDeadline(Date.now() + 70_000, () =>
            client.workflowService.getWorkflowExecutionHistory({
              namespace: client.options.namespace,
              execution: this.execution,
              waitNewEvent: true,
              ...(this.token === undefined ? {} : { nextPageToken: this.token }),
            }),
          ),
        )
        const events = page.history?.events ?? []
        this.token = page.nextPageToken
        if (this.token.length === 0) return
        if (events.some(({ eventType }) => wanted.has(Number(eventType)))) return
      } catch (error) {
        if (hasLeft(signal)) return
        const known = explainTemporal(error, this.execution.workflowId)
        if (!(known instanceof RunbookError)) throw known
        // An idle long poll ends by its deadline; a server that is away is retried by whoever reads next.
        if (known.type !== 'WorkerMissing') return
      }
    }
  }
}
