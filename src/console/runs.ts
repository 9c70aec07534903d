import { defined } from '../contract/defined.js'
import type { Decision } from '../contract/decision.js'
import type { Person } from '../contract/policy.js'
import type { RunView } from '../contract/run.js'
import { submitDecision } from '../client/decide.js'
import { followRun } from '../client/follow.js'
import { readInbox, type Inbox } from '../client/inbox.js'
import { lastRuns, listRuns, type LastRuns, type RunFilter, type RunRow } from '../client/list.js'
import { readRequest, readRunHistory } from '../client/run-history.js'
import { readRun } from '../client/runs.js'
import { askOwnServer } from '../client/patience.js'
import type { Session } from '../client/session.js'
import type { ReportInput } from '../runbook/report/input.js'

export interface RunName {
  workflowId: string
  runId: string
}

/** All that the pages ask of runs. */
export interface ConsoleRuns {
  /** `mayRead`: of what is of other environments nobody is asked. */
  inbox(asked: { actor: string; mayRead?: (environment: string | null) => boolean }): Promise<Inbox>
  list(filter: RunFilter): Promise<RunRow[]>
  lastRuns(of: { environment: string; database: string }): Promise<LastRuns>
  /** Fingerprint of the schema that a run's plan predicted; undefined where its history has no plan. */
  predictedSchema(run: RunName): Promise<string | undefined>
  read(run: RunName): Promise<RunView>
  /** Beside the state, what the run's history keeps: the whole plan, and the baseline. `view`: as it was read, where it was. */
  known(run: RunName, view?: RunView): Promise<ReportInput>
  /** People and keys of the run's start, by which it judges; undefined where its history does not say. */
  peopleOf(run: RunName): Promise<readonly Person[] | undefined>
  decide(view: RunView, decision: Decision): Promise<void>
  /** `onSilence`: told why nobody answers, and with undefined that somebody does again. */
  follow(
    run: RunName,
    how: { signal: AbortSignal; onSilence: (said: string | undefined) => void },
  ): AsyncIterable<RunView>
}

/** Least time between two looks at a run that somebody watches. Milliseconds. */
const LEAST_PAUSE_MS = 1_000

/** By the client that the command line has, too. */
export function runsOf(session: Session, projectDir: string): ConsoleRuns {
  // One connection for days: by now its port may be that of another project's server. Who comes meanwhile waits for the same look.
  let looking: Promise<void> | undefined
  const own = (): Promise<void> => {
    looking ??= askOwnServer(session).finally(() => (looking = undefined))
    return looking
  }
  return {
    async inbox(asked) {
      await own()
      return readInbox(session, asked)
    },
    async list(filter) {
      await own()
      return listRuns(session, filter)
    },
    async lastRuns(of) {
      await own()
      return lastRuns(session, of)
    },
    async predictedSchema({ workflowId, runId }) {
      await own()
      return (await readRunHistory(session, workflowId, runId)).plan?.predictedFingerprint
    },
    async read({ workflowId, runId }) {
      await own()
      return readRun(session, workflowId, runId)
    },
    async known(run, read) {
      await own()
      // One does not wait for the other.
      const [view, { request, plan, baseline }] = await Promise.all([
        read ?? readRun(session, run.workflowId, run.runId),
        readRunHistory(session, run.workflowId, run.runId),
      ])
      const asked = { thresholds: request?.monitoring.thresholds, timeZone: request?.timeZone }
      return { view, plan, baseline, asOf: new Date().toISOString(), ...defined(asked) }
    },
    async peopleOf(run) {
      await own()
      return (await readRequest(session, run))?.people
    },
    async decide(view, decision) {
      await own()
      await submitDecision(session, view, decision, { folder: projectDir })
    },
    follow: (run, { signal, onSilence }) =>
      followRun({
        ...{ session, ...run, minPauseMs: LEAST_PAUSE_MS, signal },
        onSilence: (silence) => onSilence(silence?.error.message),
      }),
  }
}
