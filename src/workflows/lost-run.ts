import { OWN_NAME } from '../contract/names.js'
import { ApplicationFailure, patched } from '@temporalio/workflow'
import { command, words } from '../contract/next-command.js'
import type { Plan } from '../contract/plan.js'
import type { MigrationResult } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { defined } from '../contract/defined.js'
import { lostRunIssue, lostRunPrompt } from '../runbook/lost-run-prompt.js'
import { LEFT_UNFINISHED, unfinishedRun } from '../runbook/unfinished-run.js'
import { stoppedState } from '../runbook/stopped-state.js'
import type { StepName } from '../runbook/steps.js'
import { plural } from '../text/plural.js'
import { slow } from './activities.js'
import { appliedByThisRun, readBack } from './apply.js'
import { now } from './clock.js'
import { backupOfNow } from './backup-of-now.js'
import { takeBaseline } from './prepare.js'
import { teamLeadPrompt } from './prompts.js'
import { considerRollback } from './rollback.js'
import { failureOf } from './endings.js'
import { askedBy, demandBoundProposer } from './proposer.js'
import type { Run } from './run.js'
import { stepOf } from './state.js'
import { ledgerRead } from './taken-back.js'
import { neverLeftTouched } from './touched.js'
import { validate, type Expected } from './validate.js'

/** The lost run has done them, or nothing is left of what they saw. */
const NOT_PART: readonly StepName[] = ['checklist', 'announce', 'backup', 'status', 'execute']

/**
 * Goes on from what a run left that Temporal no longer knows. What is applied is proven: on the archive of before, the files that the
 * ledger names lead to the schema that the database has. Then validation and monitoring follow, as they would have; where the
 * database is neither as before a file nor as after it, people are asked about the way back. No migration runs.
 */
export async function goOnFromLostRun(run: Run): Promise<Expected> {
  for (const name of NOT_PART) stepOf(run.view, name).state = 'skipped'
  const { plan, status, lost, others } = await find(run)
  const settled = plan.predictedFingerprint === status.schemaFingerprint
  const issue = lostRunIssue(run.view.migrations, { settled, others })
  const shown = lostRunPrompt(run.view, { lost, issue })
  await run.gate('team-lead', [...shown, ...teamLeadPrompt(run.view, run.request)])
  return neverLeftTouched(run, async () => {
    if (issue !== undefined) return notAsLeft(run, issue)
    run.baseline = await takeBaseline(run)
    note(
      run,
      'The baseline was taken behind the migration: monitoring sees what gets worse from now on, not what the migration made worse',
    )
    return validate(run, plan)
  })
}

function note(run: Run, text: string): void {
  run.view.observations.push({ note: text, actor: OWN_NAME, at: now() })
}

type Found = Awaited<ReturnType<typeof slow.findLostRun>>

async function find(run: Run): Promise<Found> {
  const { target, files, bundle, lostRun } = run.request
  const input = { target, files, bundle, ...askedBy(run), runKey: run.runKey }
  return run.step(
    'rehearse',
    async () => {
      const found = await run
        .audited(
          slow.findLostRun.executeWithOptions({ summary: 'What did the lost run leave?' }, [
            { ...input, ...defined({ archive: lostRun?.archive }) },
          ]),
        )
        .catch((error: unknown) => {
          // No incident and no migration: whoever asked is told.
          run.nothingDone = failureOf(error).type === 'ChecksFailed' && patched('nothing-found-not-written')
          throw error
        })
      const { plan, backup, status } = found
      demandBoundProposer(run, plan.bound)
      run.plan = plan
      Object.assign(run.view, { backup, planHash: plan.planHash })
      run.view.migrations = statesOf(plan, status)
      run.view.ledger = ledgerRead(run, status)
      takenOn(run, found)
      note(
        run,
        `No migration ran in this run: it goes on from ${found.lost?.run ?? 'a lost run'}, with its backup ${backup.file}. Its decisions, checklist and measurements are lost`,
      )
      return found
    },
    ({ backup }) => `${plural(appliedByThisRun(run).length, 'file')} applied since ${backup.file}`,
  )
}

/** What the prerequisites found left is what this run goes on from. */
function takenOn(run: Run, { lost, backup }: Found): void {
  if (lost === undefined) return
  run.goesOnFrom = lost.run
  const said = unfinishedRun({ ...lost, file: backup.file }).message
  run.view.checks = run.view.checks.map(({ advice, ...check }) =>
    check.name === LEFT_UNFINISHED && check.message === said
      ? { ...check, state: 'passed', message: `this run goes on from ${lost.run}` }
      : { ...check, ...defined({ advice }) },
  )
}

/** The lost run may have begun any of them. What the ledger names is applied: its row is the last thing that a file writes. */
function statesOf(plan: Plan, status: Status): MigrationResult[] {
  const names = plan.migrations.map(({ name }) => name)
  const inLedger = new Set(status.applied.map(({ name }) => name))
  const proven = new Set(names.filter((name) => inLedger.has(name)))
  const states = readBack(plan.migrations, { status, begun: new Set(names), proven })
  return states.map((one) => (one.state === 'applied' ? { ...one, byLostRun: true } : one))
}

/** Always throws. */
async function notAsLeft(run: Run, issue: string): Promise<never> {
  const between = run.view.migrations.some(({ state }) => state !== 'applied')
  const { made } = await backupOfNow(run)
  await considerRollback(run, { issue, kept: 'ends', ...stoppedState(run.view), ...made })
  throw ApplicationFailure.create({
    type: between ? 'ApplyPartial' : 'Drifted',
    message: issue,
    nonRetryable: true,
    details: [{ advice: words`look at the state: ${command('status')}` }],
  })
}
