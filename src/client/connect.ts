import { plain } from '../contract/command-line.js'
import { plainDocument } from '../text/words.js'
import { loadProject } from '../config/project.js'
import type { Decision } from '../contract/decision.js'
import type { MigrationRequest, RunView } from '../contract/run.js'
import { parseCodecKeys } from '../temporal/codec/keys.js'
import { connectClient } from '../temporal/connection.js'
import { submitDecision, type DecisionAnswer } from './decide.js'
import { followRun } from './follow.js'
import { listRuns, type RunFilter, type RunRow } from './list.js'
import { demandRequest } from './request.js'
import { readRunHistory, type RunHistory } from './run-history.js'
import { readRun } from './runs.js'
import { startRun, type StartedRun } from './start.js'
import { steerRun, type SteeringOrder } from './steer.js'
import { requireWorker } from './worker-presence.js'
import { words } from '../contract/next-command.js'
import type { Silence } from './patience.js'

export interface ConnectOptions {
  /**
   * Folder of the Wrangler file: its embedded server (`d1-runbook dev`) is used when no other server is named, and its
   * `runbook.config` knows the task queue. Default: the current folder.
   */
  project?: string
  /** `host:port` of Temporal. Default: `TEMPORAL_ADDRESS` or the Temporal profile, else the project's embedded server. */
  address?: string
  /** Default: as configured for Temporal, else `default`. */
  namespace?: string
  /** Of the worker that is to carry out what is started. Default: that of the project. */
  taskQueue?: string
  /** What is sent to Temporal is encrypted with the first, read with all: `id:base64,…`. Default: `D1_RUNBOOK_CODEC_KEYS` or its file. */
  codecKeys?: string
}

/**
 * A run by its workflow ID, `migration/<environment>/<database UUID>`: the newest one; with `runId`, that one. A local database whose
 * ID another checkout has taken on the same server has a short hash behind it: `start` answers with it.
 */
export type RunReference = string | { workflowId: string; runId?: string }

export interface WatchOptions {
  /** Ends the watching; the run goes on. */
  signal?: AbortSignal
  /** Least time between two looks, each of which costs one or two queries. Milliseconds. Default: 1,000. */
  minPauseMs?: number
  /** Told once for each time that nobody answers: the watching goes on trying. Default: nobody is told. */
  onTrouble?: (message: string) => void
}

export interface SignOptions {
  /** SSH key file that signs. Where the run asks for signatures and none is named, the key is found as git finds it. */
  signKey?: string
}

/**
 * All that a person or a program does with runs. Each call throws `TemporalUnreachable` where the server does not answer; what else
 * it throws stands beside it. Every failure is a `RunbookError`, whose `retryable` says whether the same call may help later.
 */
export interface RunbookClient {
  /** Where it is connected to: `host:port`. */
  readonly address: string
  readonly namespace: string
  /**
   * Starts the migration that `buildRequest` prepared, and returns at once. Throws `ConfigInvalid` for what is no
   * request, `WorkerMissing` when nobody would carry it out, `AlreadyRunning` while the database has a run, `KeyMissing` and
   * `WorkerKeyMissing` where client and worker do not encrypt with each other's keys.
   */
  start(request: MigrationRequest): Promise<StartedRun>
  /**
   * The state of a run, under way or over. Throws `RunNotFound`, `KeyMissing`; for one under way `WorkerMissing` where nobody carries
   * it out, `WorkerSilent` where who does gives no answer, `WorkerFails` and
   * `WorkerCannotReplay` where it fails, the latter where its code does not fit the run.
   */
  status(run: RunReference): Promise<RunView>
  /**
   * One person's decision at one gate, answered once the worker has taken it: whether the gate is decided by it. It counts once by
   * its `decisionId`, however often it is sent; one without gets an ID of its own. Throws `DecisionRefused` with the reason when it
   * does not count (the gate is not open, another plan is shown, the person may not), `NotPermitted` where it cannot be signed, and
   * what `status` throws; the same decision may then be sent again.
   */
  decide(run: RunReference, decision: Decision, options?: SignOptions): Promise<DecisionAnswer>
  /**
   * Holds, resumes, stops a run, or reports an issue to it: a signal, which waits in Temporal while no worker is there. What came of
   * it stands in the run's state. Throws `RunNotFound` also for a run that is over, `NotPermitted` where it cannot be signed, and
   * `DecisionRefused` for a signature that would not count.
   */
  steer(run: RunReference, order: SteeringOrder, options?: SignOptions): Promise<void>
  /**
   * The run's state now, and again whenever it changed; the last one has an `outcome`. Costs queries only when something happened. A
   * worker or server that does not answer is waited for. Throws `RunNotFound`, `KeyMissing`; ends without a throw by `signal` or `close`.
   */
  watch(run: RunReference, options?: WatchOptions): AsyncGenerator<RunView, void>
  /** Runs of all databases of the namespace, newest first, as Temporal's visibility keeps them. No worker is needed. */
  list(filter?: RunFilter): Promise<RunRow[]>
  /** What a run was started with, its newest plan and its baseline, from its history. No worker is needed. Throws `RunNotFound`, `KeyMissing`. */
  history(run: RunReference): Promise<RunHistory>
  /** Ends what is watched, and closes the connection. */
  close(): Promise<void>
}

/** Throws `TemporalUnreachable`, within five seconds, and `ConfigInvalid` for keys that are none. The caller closes the client. */
export async function connectRunbook(options: ConnectOptions = {}): Promise<RunbookClient> {
  const projectDir = options.project ?? process.cwd()
  const { codecKeys } = options
  const session = await connectClient({
    projectDir,
    address: options.address,
    namespace: options.namespace,
    ...(codecKeys === undefined ? {} : { codecKeys: parseCodecKeys(codecKeys, 'codecKeys') }),
  })
  const closing = new AbortController()
  const taskQueue = async (): Promise<string> =>
    options.taskQueue ?? (await loadProject({ projectDir })).taskQueue
  const signing = ({ signKey }: SignOptions = {}) => ({ key: signKey, folder: projectDir })
  return {
    address: session.address,
    namespace: session.namespace,
    async start(request) {
      const readable = demandRequest(request)
      const queue = await taskQueue()
      await requireWorker(session, queue, { proposedBy: readable.proposedBy })
      return startRun(session, queue, readable)
    },
    status: async (run) => published(await readRun(session, ...idsOf(run))),
    async decide(run, decision, signOptions) {
      return submitDecision(session, await readRun(session, ...idsOf(run)), decision, signing(signOptions))
    },
    steer(run, order, signOptions) {
      const [workflowId, runId] = idsOf(run)
      return steerRun(session, { workflowId, runId }, order, signing(signOptions))
    },
    async *watch(run, { signal, minPauseMs = 1_000, onTrouble = () => undefined } = {}) {
      const [workflowId, runId] = idsOf(run)
      const ended = AbortSignal.any([closing.signal, ...(signal === undefined ? [] : [signal])])
      const onSilence = (silence: Silence | undefined): void => {
        if (silence !== undefined)
          onTrouble(plain(words`${silence.error.message} ${silence.error.adviceWords}`))
      }
      const views = followRun({ session, workflowId, runId, minPauseMs, signal: ended, onSilence })
      for await (const view of views) yield published(view)
    },
    list: (filter) => listRuns(session, filter),
    history: (run) => readRunHistory(session, ...idsOf(run)),
    async close() {
      closing.abort()
      await session.close()
    },
  }
}

function idsOf(run: RunReference): [workflowId: string, runId?: string] {
  if (typeof run === 'string') return [run]
  return run.runId === undefined ? [run.workflowId] : [run.workflowId, run.runId]
}

/** As `show --json` prints it: each text is one string, its commands beside it in \`next\`. */
function published(view: RunView): RunView {
  return plainDocument(view) as RunView
}
