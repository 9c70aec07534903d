import { setTimeout as sleep } from 'node:timers/promises'
import { RunbookError } from '../contract/failures.js'
import { command, words } from '../contract/next-command.js'
import type { Proposer } from '../contract/provenance.js'
import { chartersInIdentity, keysInIdentity, knowsProposals } from '../temporal/codec/identity.js'
import { keysDiffer } from './keys-differ.js'
import type { Silence } from './patience.js'
import type { Session } from './session.js'
import { explainTemporal, isSilence } from './temporal-failure.js'

/** A poller is asked again at least once a minute: one that was last seen earlier is gone. Milliseconds. */
const STILL_POLLING_MS = 75_000

/** Between two looks at who polls, and how many in a row must see nobody: a server that starts again knows nobody yet. */
const LOOK_EVERY_MS = 10_000
const LOOKS_WITHOUT = 2
/** How long one look may take. Milliseconds. */
const LOOK_MS = 5_000

const WORKFLOW_TASK_QUEUE = 1
/** Of Temporal's `WorkerVersioningMode`. */
const VERSIONED = 2

/**
 * Who polls the queue for workflow tasks. `lastAt`: epoch milliseconds of the newest poll that the server remembers, which is
 * some minutes back; a long poll that is still open counts from its begin. No billable action.
 */
export async function readPollers(session: Session, taskQueue: string): Promise<Pollers> {
  const { client } = session
  const { pollers, versioningInfo } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASK_QUEUE,
  })
  const seen = pollers.map(({ identity, lastAccessTime, deploymentOptions }) => ({
    at: Number(lastAccessTime?.seconds ?? 0) * 1000,
    begins: beginsRuns(deploymentOptions, versioningInfo),
    proposals: knowsProposals(identity ?? ''),
    keys: keysInIdentity(identity ?? ''),
    charters: chartersInIdentity(identity ?? ''),
  }))
  const lastAt = seen.length === 0 ? undefined : Math.max(...seen.map(({ at }) => at))
  const now = seen.filter(({ at }) => Date.now() - at < STILL_POLLING_MS)
  return {
    polling: now.length > 0,
    lastAt,
    keys: now.map(({ keys }) => keys),
    charters: now.map(({ charters }) => charters),
    dropsProposals: now.some(({ begins, proposals }) => begins && !proposals),
  }
}

type Poller = Awaited<ReturnType<Session['client']['workflowService']['describeTaskQueue']>>

/** Whether a run that begins now may come to this worker: one of a version that is not promoted ends the runs that it has. */
function beginsRuns(
  own: Poller['pollers'][number]['deploymentOptions'],
  served: Poller['versioningInfo'],
): boolean {
  const mayTake = (version: { buildId?: string | null } | null | undefined): boolean =>
    (version?.buildId || undefined) ===
    (Number(own?.workerVersioningMode) === VERSIONED ? own?.buildId : undefined)
  const ramping = (served?.rampingVersionPercentage ?? 0) > 0
  return mayTake(served?.currentDeploymentVersion) || (ramping && mayTake(served?.rampingDeploymentVersion))
}

interface Pollers {
  polling: boolean
  lastAt: number | undefined
  /** Names of the keys of each worker that polls. */
  keys: string[][]
  /** What each serves by, as first digits of hashes; undefined where it does not say. */
  charters: (string[] | undefined)[]
  /** One to which a new run may come would keep what an agent proposed as a run of a person. */
  dropsProposals: boolean
}

/**
 * Throws `WorkerMissing` when nobody polls, after giving a worker that starts right now a moment; `KeyMissing` when a worker
 * encrypts and this client would not; `WorkerKeyMissing` when no worker could read what this client encrypts; `NotAdmitted` when an agent proposes and
 * one that may take it knows no proposals.
 */
export async function requireWorker(
  session: Session,
  taskQueue: string,
  { patienceMs = 3_000, proposedBy }: { patienceMs?: number; proposedBy?: Proposer | undefined } = {},
): Promise<void> {
  for (const until = Date.now() + patienceMs; ; await sleep(300)) {
    const { polling, keys, dropsProposals } = await readPollers(session, taskQueue)
    const refusal = !polling
      ? workerMissing(taskQueue)
      : proposedBy !== undefined && dropsProposals
        ? dropsWhatIsProposed(taskQueue)
        : keysDiffer(taskQueue, session.codecKeys.writes, keys)
    if (refusal === undefined) return
    // A worker without the key may be one that was just stopped, whose last poll is still remembered.
    if (Date.now() >= until || refusal.type === 'KeyMissing') throw refusal
  }
}

function dropsWhatIsProposed(taskQueue: string): RunbookError {
  return new RunbookError(
    'NotAdmitted',
    `A worker of ${taskQueue} is of an earlier version: it would keep what an agent proposes as a run of a person, and open gates that the policy opens by itself.`,
    {
      advice: 'Nothing was begun. A person brings the worker to this version; then propose again.',
    },
  )
}

/**
 * Before anything is sent to a run: what no worker could read would hold it up. Where nobody polls, it may be sent. Throws as
 * {@link requireWorker} does of keys.
 */
export async function demandSharedKey(session: Session, taskQueue: string): Promise<void> {
  const { polling, keys } = await readPollers(session, taskQueue)
  const refusal = polling ? keysDiffer(taskQueue, session.codecKeys.writes, keys) : undefined
  if (refusal !== undefined) throw refusal
}

/** `lastAt`: when one polled last, in epoch milliseconds, where that is known. */
export function workerMissing(taskQueue: string, lastAt?: number, cause?: unknown): RunbookError {
  return new RunbookError('WorkerMissing', `No worker polls the task queue ${taskQueue}.`, {
    advice: words`Start one in another terminal: ${command('worker')} (or ${command('dev')}, which brings its own server).`,
    cause,
    ...(lastAt === undefined ? {} : { details: { since: lastAt } }),
  })
}

/**
 * Looks at who polls for a run while nothing is asked of them: at an open gate and between checkpoints no question would find
 * out, and a long poll of a server that froze ends late. Tells `onSilence` once that nobody polls, or that the server does not
 * answer, since the later of `answeredAt` and its last answer here; ends with true when they are back, and with false when
 * `signal` is aborted. No billable action.
 */
export async function watchWorker(
  session: Session,
  run: { workflowId: string; runId: string },
  told: { signal: AbortSignal; onSilence: (silence: Silence) => void; answeredAt: () => number },
): Promise<boolean> {
  const { signal, onSilence } = told
  const { client } = session
  let without = 0
  let [queue, answeredAt, silent]: [string | undefined, number, boolean] = [undefined, 0, false]
  while (await pause(LOOK_EVERY_MS, signal)) {
    try {
      const look = (): Promise<PolledQueue> => pollersOf(session, run, queue)
      const seen = await client.withAbortSignal(signal, () => client.withDeadline(Date.now() + LOOK_MS, look))
      const { polling, lastAt } = seen
      queue = seen.queue
      answeredAt = Date.now()
      if (silent || (polling && without >= LOOKS_WITHOUT)) return true
      without = polling ? 0 : without + 1
      if (without === LOOKS_WITHOUT) onSilence({ error: workerMissing(queue, lastAt), since: lastAt })
    } catch (error) {
      if (silent || wasAborted(signal) || !isSilence(error)) continue
      const said = explainTemporal(error, run.workflowId)
      if (!(said instanceof RunbookError)) continue
      silent = true
      onSilence({ error: said, since: Math.max(answeredAt, told.answeredAt()) })
    }
  }
  return false
}

/** Asked anew after each wait, which the compiler cannot know to change it. */
function wasAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

type PolledQueue = Awaited<ReturnType<typeof readPollers>> & { queue: string }

async function pollersOf(
  session: Session,
  { workflowId, runId }: { workflowId: string; runId: string },
  known: string | undefined,
): Promise<PolledQueue> {
  const queue = known ?? (await session.client.workflow.getHandle(workflowId, runId).describe()).taskQueue
  return { queue, ...(await readPollers(session, queue)) }
}

/** False when `signal` was aborted before the time was over. */
function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal }).catch(() => false)
}
