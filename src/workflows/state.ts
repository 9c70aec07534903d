import { defined } from '../contract/defined.js'
import { GATES, type Outcome, type Phase } from '../contract/names.js'
import type { MigrationRequest, RunView, StepView } from '../contract/run.js'
import { RUNBOOK_STEPS, type StepName } from '../runbook/steps.js'
import { type Words } from '../contract/next-command.js'

/** The state of a run before anything happened. */
export function newRunView(
  request: MigrationRequest,
  run: Pick<RunView, 'workflowId' | 'runId' | 'resetFrom' | 'startedAt'>,
): RunView {
  return {
    success: false,
    ...run,
    ...aboutOf(request),
    phase: 'prerequisites',
    outcome: null,
    message: 'Starting',
    paused: false,
    planHash: null,
    migrations: [],
    gates: GATES.map((gate) => ({ gate, state: 'waiting', decisions: [], shows: [] })),
    refused: [],
    // A rollback shows only once it begins.
    steps: RUNBOOK_STEPS.filter(({ step }) => step !== 'rollback').map(({ step }) => ({
      step,
      state: 'waiting',
    })),
    checks: [],
    backup: null,
    monitoring: null,
    announcements: [],
    observations: [],
    issues: [],
    artifacts: [],
    failure: null,
  }
}

/** What a state says of its request. */
export function aboutOf({
  target,
  requester,
  proposedBy,
  timeZone,
  policy,
}: MigrationRequest): Pick<
  RunView,
  | 'environment'
  | 'database'
  | 'databaseOption'
  | 'accountId'
  | 'requester'
  | 'proposedBy'
  | 'timeZone'
  | 'requireSignatures'
> {
  return {
    environment: target.environment,
    database: target.database,
    ...defined({ databaseOption: target.databaseOption, accountId: target.accountId }),
    requester,
    ...defined({ proposedBy }),
    timeZone,
    ...(policy.requireSignatures ? { requireSignatures: true } : {}),
  }
}

/** The step of that name; one that is not in the runbook's list (a rollback) is added when it begins. */
export function stepOf(view: RunView, name: StepName): StepView {
  const known = view.steps.find(({ step }) => step === name)
  if (known !== undefined) return known
  const added: StepView = { step: name, state: 'waiting' }
  // The documentation comes after all else.
  const last = view.steps.findIndex(({ step }) => step === 'close')
  view.steps.splice(last === -1 ? view.steps.length : last, 0, added)
  return added
}

/** The phase that a step belongs to: its own, but for the rehearsal, which the runbook does not know. */
export function phaseOf(name: StepName): Phase {
  return name === 'rehearse' ? 'status' : name
}

/** How a run ended, and what people must know of it. */
export interface Ending {
  outcome: Outcome
  message: string
  failure?: { type: string; message: string; advice: Words }
}
