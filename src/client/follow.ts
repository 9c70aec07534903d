import { defined } from '../contract/defined.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import { longWaitMs } from '../text/awaited-disk.js'
import type { RunView } from '../contract/run.js'
import { patiently, saidOnce, type PatienceOptions, type Silence } from './patience.js'
import { readMonitoring, readRun } from './runs.js'
import type { Session } from './session.js'
import { watchWorker } from './worker-presence.js'

/**
 * What changes a run's state, by the numbers of Temporal's `EventType`: workflow task scheduled 5, whatever woke it; activity
 * scheduled 10 and completed 12, failed 13, timed out 14; signalled 26; child started 31 to ended 36; update completed 43.
 * Reading history is no billable action; the query that follows it is one.
 */
const STATE_EVENTS = new Set([5, 10, 12, 13, 14, 26, 31, 32, 33, 34, 35, 36, 43])
/** While monitoring, the activities of the run are only messages: nothing to look at but decisions and the end. */
const PEOPLE_EVENTS = new Set([5, 26, 32, 33, 34, 35, 36, 43])

export interface FollowOptions {
  session: Session
  workflowId: string
  runId?: string | undefined
  /** Least time between two queries. Milliseconds: small for a person who waits at a prompt, large for `watch`. */
  minPauseMs: number
  signal: AbortSignal
  /** How long after a checkpoint's time its look is done. Milliseconds; default: {@link LOOK_TAKES_MS}, less in compressed time. */
  settleMs?: number
  /** Told when somebody stops to answer, which is waited for, and, with undefined, when they answer again. */
  onSilence: (silence: Silence | undefined) => void
}

/** Three answers a second apart, and room for slow ones: asked too early, the same question is asked twice. */
const LOOK_TAKES_MS = 8_000
/** Past the moment in which a wait becomes worth a word. Milliseconds. */
const SETTLED_MS = 100
/** Temporal gives an idle long poll back after 20 seconds: a later answer would come from a connection that is dead. Milliseconds. */
const LONG_POLL_MS = 30_000

/**
 * The run's state, whenever it changed, until it is closed. Ends quietly when `signal` is aborted. While monitoring, one
 * query a checkpoint: what people did is in the run's own history, so only the monitoring is asked.
 */
export async function* followRun(options: FollowOptions): AsyncGenerator<RunView> {
  const { session, workflowId, signal } = options
  const onSilence = saidOnce(options.onSilence)
  const patience: PatienceOptions = { signal, onSilence, session }
  let view = await patiently(patience, () => readRun(session, workflowId, options.runId))
  if (view === undefined) return
  yield view
  const run = { workflowId, runId: view.runId }
  const changes = new ChangeListener(session, run)
  while (view.outcome === null && !signal.aborted) {
    const answeredAt = Date.now()
    const due = nextLook(view, options.settleMs)
    const waited = new AbortController()
    const pause = AbortSignal.any([
      signal,
      waited.signal,
      ...(due === undefined ? [] : [AbortSignal.timeout(due)]),
    ])
    const wanted = view.phase === 'monitor' && openGateCount(view) === 0 ? PEOPLE_EVENTS : STATE_EVENTS
    // A worker that comes back is asked, so that it is heard before it is said to answer.
    const meanwhile = watchWorker(session, run, {
      ...{ signal: pause, onSilence },
      answeredAt: () => Math.max(answeredAt, changes.answeredAt),
    }).then((back) => {
      if (back) waited.abort()
    })
    const changed = await changes.next(pause, wanted)
    waited.abort()
    await meanwhile
    if (hasLeft(signal)) return
    const asked = Date.now()
    const before: RunView = view
    const answered = Math.max(answeredAt, changes.answeredAt)
    const told = (silence: Silence | undefined): void => onSilence(silence && sinceAsked(silence, asked))
    view = await patiently({ ...patience, onSilence: told, answeredAt: answered }, () =>
      readAgain(
        session,
        before,
        changed || before.phase !== 'monitor' || before.awaitedDisk !== undefined,
      ).catch((error: unknown) => {
        throw unknownThere(session, before, error)
      }),
    )
    if (view === undefined) return
    onSilence(undefined)
    yield view
    if (view.outcome === null) await changes.rest(options.minPauseMs - (Date.now() - asked), signal)
  }
}

/** That the server answered says nothing of the worker: it is silent since it was `asked`, in epoch milliseconds, as far as is known. */
export function sinceAsked(silence: Silence, asked: number): Silence {
  const unknown = silence.error.type === 'WorkerSilent' && silence.error.details?.['since'] === undefined
  return unknown ? { ...silence, since: asked } : silence
}

/** Where only a checkpoint is due, the monitoring alone is asked. */
async function readAgain(session: Session, before: RunView, changed: boolean): Promise<RunView> {
  const seen = changed ? undefined : await readMonitoring(session, before)
  return seen === undefined
    ? readRun(session, before.workflowId, before.runId)
    : { ...before, monitoring: seen }
}

/** A run that was seen does not cease to be: who answers now is another server, such as one that took the port of this one. */
function unknownThere({ address }: Session, { workflowId }: RunView, error: unknown): unknown {
  if (!(error instanceof RunbookError) || error.type !== 'RunNotFound') return error
  return new RunbookError(
    'TemporalUnreachable',
    `The Temporal server at ${address} does not know the run ${workflowId}, which was seen before.`,
    {
      advice: words`It may be the server of another project, or one that lost its histories. Start the one of this project: ${command('dev')}. If its histories are lost: ${command('adopt-run')}`,
      cause: error,
    },
  )
}

/** Asked anew after each wait, which the compiler cannot know to change it. */
function hasLeft(signal: AbortSignal): boolean {
  return signal.aborted
}

function openGateCount(view: RunView): number {
  return view.gates.filter(({ state }) => state === 'open').length
}

/** A worker that takes the work leaves no event before it is done. Milliseconds. */
const LOOK_FOR_DISK_MS = 30_000

/** While a step works, no event means that it takes its time, or that its worker was suspended: it is asked. Milliseconds. */
const LOOK_AT_WORK_MS = 30_000

/** When to look though no event came; undefined: only then. Milliseconds. */
export function nextLook(
  view: Pick<RunView, 'awaitedDisk' | 'phase' | 'monitoring' | 'steps' | 'gates' | 'waits'>,
  settleMs?: number,
): number | undefined {
  const { awaitedDisk } = view
  if (awaitedDisk === undefined) {
    if (view.phase === 'monitor') return nextCheckpointDelay(view, settleMs)
    return works(view) ? LOOK_AT_WORK_MS : undefined
  }
  const left = longWaitMs(awaitedDisk) - awaitedDisk.waitedMs
  return left > 0 ? left + SETTLED_MS : LOOK_FOR_DISK_MS
}

/** Something is done just now: people and the clock are waited for as long as it takes, and nobody need answer. */
function works({ steps, gates, waits = [] }: Pick<RunView, 'steps' | 'gates' | 'waits'>): boolean {
  const waiting =
    gates.some(({ state }) => state === 'open') || waits.some(({ until }) => until === undefined)
  return !waiting && steps.some(({ state }) => state === 'running')
}

/** Just after the next checkpoint, when there is something new to see. Milliseconds. */
function nextCheckpointDelay({ monitoring }: Pick<RunView, 'monitoring'>, settleMs?: number): number {
  if (monitoring?.nextAt === undefined) return 5_000
  const nextAt = Date.parse(monitoring.nextAt)
  const last = monitoring.checkpoints.at(-1)
  const gapMs = last === undefined ? Infinity : nextAt - Date.parse(last.plannedAt)
  const settle = settleMs ?? Math.min(LOOK_TAKES_MS, Math.max(1_000, gapMs / 10))
  return Math.min(Math.max(nextAt - Date.now(), 0) + settle, 2 ** 31 - 1)
}

/** Long-polls the history of one run. */
class ChangeListener {
  /** Epoch milliseconds; 0 before the first answer. */
  answeredAt = 0
  private token: Uint8Array | undefined
  /** Types of the events that came during a rest, for `next` to judge. */
  private unread: number[] = []
  private readonly session: Session
  private readonly execution: { workflowId: string; runId: string }

  constructor(session: Session, execution: { workflowId: string; runId: string }) {
    this.session = session
    this.execution = execution
  }

  /** True when an event of `wanted` came or the run closed, or nobody knows; false when `signal` is aborted before. */
  async next(signal: AbortSignal, wanted: ReadonlySet<number>): Promise<boolean> {
    while (!hasLeft(signal)) {
      if (this.isClosed() || this.unread.splice(0).some((type) => wanted.has(type))) return true
      // Whatever it was: who reads the run next finds out, and says it.
      if (!(await this.listen(signal))) return !hasLeft(signal)
    }
    return false
  }

  /** Waits, but no longer than until the run closes. Other events are kept for `next`. */
  async rest(ms: number, signal: AbortSignal): Promise<void> {
    const until = Date.now() + ms
    if (!this.isClosed() && ms > 0) {
      const over = AbortSignal.any([signal, AbortSignal.timeout(ms)])
      while (await this.listen(over)) if (this.isClosed()) return
    }
    await sleep(Math.max(0, until - Date.now()), undefined, { signal }).catch(() => undefined)
  }

  /** No event comes any more. */
  private isClosed(): boolean {
    return this.token?.length === 0
  }

  /** One page more, or one long poll that brought nothing. False when it failed, or `signal` was aborted. */
  private async listen(signal: AbortSignal): Promise<boolean> {
    const { client } = this.session
    try {
      const page = await client.withAbortSignal(signal, () =>
        client.withDeadline(Date.now() + LONG_POLL_MS, () =>
          client.workflowService.getWorkflowExecutionHistory({
            namespace: client.options.namespace,
            execution: this.execution,
            waitNewEvent: true,
            ...defined({ nextPageToken: this.token }),
          }),
        ),
      )
      this.answeredAt = Date.now()
      this.unread.push(...(page.history?.events ?? []).map(({ eventType }) => Number(eventType)))
      this.token = page.nextPageToken
      return true
    } catch {
      if (!hasLeft(signal)) this.token = undefined
      return false
    }
  }
}
