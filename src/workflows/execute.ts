import { OWN_NAME } from '../contract/names.js'
import { ApplicationFailure } from '@temporalio/workflow'
import type { Plan } from '../contract/plan.js'
import type { Status } from '../contract/status.js'
import { brokenBefore } from '../runbook/gaps.js'
import { baselineLines } from '../runbook/monitoring/baseline.js'
import { planRows } from '../runbook/plan-blocks.js'
import { answersForWayBack, WAY_BACK_LINE, wayBackReview } from '../runbook/plan-review.js'
import { planView } from '../runbook/plan-view.js'
import { noteMessage } from '../runbook/messages.js'
import { stoppedState } from '../runbook/stopped-state.js'
import { read, record } from './activities.js'
import { isArchiveAway } from './archive-place.js'
import { appliedByThisRun, applyOneByOne, proveOutcome } from './apply.js'
import { now } from './clock.js'
import { writeDown } from './close.js'
import { failureOf, isFrozen, isStopped, WindowOver } from './endings.js'
import { connectivityPrompt, environmentPrompt, finalPrompt, preflightPrompt } from './prompts.js'
import { replaceCheck } from './prepare.js'
import { considerRollback } from './rollback.js'
import type { Run } from './run.js'
import { stepOf } from './state.js'
import { command, words } from '../contract/next-command.js'

/**
 * Step 3: the five prompts of the runbook, then the migrations. False: the database changed while people decided, or the archive of the plan
 * cannot be had any more, so what they approved is void and a new plan is needed.
 */
export async function execute(run: Run, status: Status, plan: Plan): Promise<boolean> {
  const applied = await run.step(
    'execute',
    async () => {
      await confirmDatabase(run)
      const broken = brokenBefore(run.baseline, run.request.monitoring.probes)
      await run.gate('preflight', preflightPrompt(run.view, status, plan, broken))
      await approvePlan(run, plan)
      await run.gate('final', finalPrompt(run.view, plan, broken))
      if (await voidedByDrift(run, plan)) return false
      try {
        await applyOneByOne(run, plan)
      } catch (error) {
        if (isArchiveAway(error) && run.begun.size === 0) {
          archiveLost(run, error)
          return false
        }
        await applyFailed(run, plan, error)
      }
      return true
    },
    (applied) => (applied ? `${appliedByThisRun(run).length} applied` : 'void: a new plan is needed'),
  )
  // Nothing was applied: that is no step that is done.
  if (!applied) stepOf(run.view, 'execute').state = 'skipped'
  return applied
}

/** Who approves it has read its ways back, and says so by approving. */
async function approvePlan(run: Run, plan: Plan): Promise<void> {
  const reviews = answersForWayBack(run.request)
  const { baseline } = run
  const view = planView(plan, {
    answersForWayBack: reviews,
    ...(baseline === null ? {} : { baseline: baselineLines(baseline, run.request.monitoring) }),
  })
  await run.gate('plan', planRows(view), view)
  if (reviews) replaceCheck(run.view, wayBackReview(run.gates.of('plan')))
}

/** Gates whose approval is given for one plan, and void with it. */
const BOUND_TO_THE_PLAN = ['environment', 'connectivity', 'preflight', 'plan', 'final'] as const

/**
 * Promise 3: what was approved is what runs. Whoever approved at a terminal sees the new plan and decides again; an approval
 * given in advance (`--yes`) has nobody to look, so the run stops.
 */
async function voidedByDrift(run: Run, plan: Plan): Promise<boolean> {
  const { target, files } = run.request
  const status = await run.audited(
    read.readStatus.executeWithOptions({ summary: 'Still as approved?' }, [{ target, files }]),
  )
  const ledger = status.applied.map(({ name }) => name)
  const changes = [
    ledger.join('\n') === plan.ledger.join('\n')
      ? ''
      : `the ledger now ends with ${ledger.at(-1) ?? 'nothing'}`,
    status.schemaFingerprint === plan.schemaFingerprint ? '' : 'the schema is another one',
  ].filter((change) => change !== '')
  if (changes.length === 0) return false
  voidApprovals(run, `the database changed after the plan was made: ${changes.join(', ')}`)
  return true
}

/** The first two prompts, whatever follows: which database it is, and that it answers. */
export async function confirmDatabase(run: Run): Promise<void> {
  const { target } = run.request
  await run.gate('environment', environmentPrompt(run.view))
  const seen = await run.audited(
    read.checkConnectivity.executeWithOptions({ summary: 'Connectivity' }, [{ target }]),
  )
  await run.gate('connectivity', connectivityPrompt(run.view, seen))
}

/**
 * Every approval of the plan is void, and people are told. An approval given in advance (`--yes`) has nobody to look, so the run stops.
 * @throws Drifted
 */
export function voidApprovals(run: Run, what: string): void {
  const { preApproved } = run.request
  if (preApproved) {
    throw ApplicationFailure.create({
      type: 'Drifted',
      message: what,
      nonRetryable: true,
      details: [
        {
          advice: words`find out who else changes it, then: ${command(run.request.adopt === undefined ? 'start' : 'adopt')}`,
        },
      ],
    })
  }
  voidPlan(run, what)
}

function voidPlan(run: Run, what: string): void {
  for (const gate of BOUND_TO_THE_PLAN) run.gates.void(gate)
  if (answersForWayBack(run.request))
    run.view.checks = run.view.checks.filter(({ name }) => name !== WAY_BACK_LINE)
  run.view.planHash = null
  run.plan = null
  const details = [
    'Every approval of it is void; a new plan is being made',
    'Then the five prompts are asked again',
  ]
  run.announcer.tell('note', noteMessage({ ...run.context, title: `Approvals void: ${what}`, details }))
}

/**
 * Nothing was applied, and without its archive nothing is: the run goes back to the backup. Whoever approved in advance (`--yes`) did not
 * look at the first plan either, and the database did not change.
 */
export function archiveLost(run: Run, error: unknown): void {
  const { message } = failureOf(error)
  run.view.observations.push({ note: `Back to the backup: ${message}`, actor: OWN_NAME, at: now() })
  voidPlan(run, message)
}

/**
 * Scenario 1: stop, read back what is true, write it down, tell people, and offer the ways back. Always throws. Where people
 * or the window stopped it, the run asks only about what was touched, and does so after this.
 */
async function applyFailed(run: Run, plan: Plan, error: unknown): Promise<never> {
  run.stepFailed('execute', error)
  await run.uninterrupted(async () => {
    await proveOutcome(run, plan, error)
    await writeFailureFiles(run)
  })
  if (isStopped(error) || error instanceof WindowOver || isFrozen(error)) throw error
  await considerRollback(run, { issue: failureOf(error).message, kept: 'ends', ...stoppedState(run.view) })
  throw error
}

async function writeFailureFiles(run: Run): Promise<void> {
  const { target, files } = run.request
  const input = { runKey: run.runKey, target, view: run.view, files }
  await writeDown(run, 'failure files', () =>
    record.writeFailureFiles.executeWithOptions({ summary: 'Write the failure files' }, [input]),
  )
}
