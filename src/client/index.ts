import { openContext, type ContextOptions } from '../config/context.js'
import { defined } from '../contract/defined.js'
import type { MigrationRequest } from '../contract/run.js'
import { buildRequest as buildRequestOf, type RequestOptions } from './request.js'

/**
 * The public client: `import { connectRunbook } from 'd1-runbook/client'`. What the command line does with a run, it does
 * with the same functions. A failure that a person can act on is a `RunbookError` with `type`, `advice` and `retryable`.
 */
export {
  connectRunbook,
  type ConnectOptions,
  type RunbookClient,
  type RunReference,
  type SignOptions,
  type WatchOptions,
} from './connect.js'
export type { DecisionAnswer } from './decide.js'
export type { AskLines } from './evidence.js'
export type { RunFilter, RunRow } from './list.js'
export type { RunHistory } from './run-history.js'
export { exitCodeOf } from './runs.js'
export type { StartedRun } from './start.js'
export type { SteeringOrder } from './steer.js'
export type { Decision, HoldRequest, IssueReport, Observation, StopRequest } from '../contract/decision.js'
export { RunbookError, type FailureType } from '../contract/failures.js'
export type { Baseline, MonitoringView } from '../contract/monitoring.js'
export type { Plan } from '../contract/plan.js'
export type { GateView, MigrationRequest, RunView } from '../contract/run.js'

/** For people who use `@temporalio/client` directly: names, and the typed definitions of what a run understands. */
export {
  abortSignal,
  checkNowSignal,
  decideSignal,
  monitoringQuery,
  observeSignal,
  pauseSignal,
  reportIssueSignal,
  resumeSignal,
  statusQuery,
  submitDecisionUpdate,
  supersedeSignal,
} from '../contract/messages.js'
export {
  GATES,
  migrationWorkflowId,
  monitoringWorkflowId,
  SEARCH_ATTRIBUTES,
  TASK_QUEUE,
  WORKFLOW_TYPES,
  type Gate,
  type Outcome,
  type Phase,
} from '../contract/names.js'

export interface BuildOptions extends RequestOptions {
  /** Folder of the Wrangler file. Default: the current folder. */
  project?: string
  /** Environment, as runbook.config and the Wrangler file call it. Default: `local`. */
  env?: string
  /** Which database, where the Wrangler file has several. */
  database?: string
}

/**
 * Everything that a run needs, resolved and packed where the checkout is: settings, the bytes of the migration files, and
 * what the project's own tests and git say. Opens no database and starts nothing. Throws `ProjectNotFound`,
 * `ConfigInvalid`, `EnvironmentUnknown`, `MigrationsNotFound`, and `ChecksFailed` when the project's tests fail.
 */
export async function buildRequest({
  project = process.cwd(),
  env = 'local',
  database,
  ...options
}: BuildOptions): Promise<MigrationRequest> {
  const context: ContextOptions = { project, env, ...defined({ database }) }
  return buildRequestOf(await openContext(context), options)
}
