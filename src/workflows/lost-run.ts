import { ApplicationFailure } from '@temporalio/workflow'
import { command, words } from '../contract/next-command.js'
import type { Plan } from '../contract/plan.js'
import type { MigrationResult } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { defined } from '../contract/defined.js'
import { lostRunPrompt, notAppliedText } from '../runbook/lost-run-prompt.js'
import { stoppedState } from '../runbook/stopped-state.js'
import type { StepName } from '../runbook/steps.js'
import { plural } from '../text/plural.js'
import { slow } from './activities.js'
import { appliedByThisRun, readBack } from './apply.js'
import { now } from './clock.js'
import { takeBaseline } from './prepare.js'
import { teamLeadPrompt } from './prompts.js'
import { considerRollback } from './rollback.js'
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
  const { plan, lost } = await find(run)
  const shown = lostRunPrompt(run.view, lost)
  await run.gate('team-lead', [...shown, ...teamLeadPrompt(run.view, run.request)])
  return neverLeftTouched(run, async () => {
    if (appliedByThisRun(run).length < plan.migrations.length) return notApplied(run)
    run.baseline = await takeBaseline(run)
    const note =
      'The baseline was taken behind the migration: monitoring sees what gets worse from now on, not what the migration made worse'
    run.view.observations.push({ note, actor: 'd1-runbook', at: now() })
    return validate(run, plan)
  })
}

type Found = Awaited<ReturnType<typeof slow.findLostRun>>

async function find(run: Run): Promise<Found> {
  const { target, files, bundle, requester, lostRun } = run.request
  const input = { target, files, bundle, requester, runKey: run.runKey }
  return run.step(
    'rehearse',
    async () => {
      const found = await run.audited(
        slow.findLostRun.executeWithOptions({ summary: 'What did the lost run leave?' }, [
          { ...input, ...defined({ archive: lostRun?.archive }) },
        ]),
      )
      const { plan, backup, status } = found
      run.plan = plan
      Object.assign(run.view, { backup, planHash: plan.planHash })
      run.view.migrations = statesOf(plan, status)
      run.view.ledger = ledgerRead(run, status)
      return found
    },
    ({ backup }) => `${plural(appliedByThisRun(run).length, 'file')} applied since ${backup.file}`,
  )
}

/** The lost run may have begun any of them. A ledger row counts unless the schema is neither its own nor that of the next file. */
function statesOf(plan: Plan, status: Status): MigrationResult[] {
  const names = plan.migrations.map(({ name }) => name)
  const inLedger = new Set(status.applied.map(({ name }) => name))
  const last = plan.migrations.at(-1)
  const nextRan = last?.fingerprintAfter === status.schemaFingerprint && !inLedger.has(last.name)
  const proven = new Set(nextRan ? names.filter((name) => inLedger.has(name)) : [])
  return readBack(plan.migrations, { status, begun: new Set(names), proven })
}

/** Always throws. */
async function notApplied(run: Run): Promise<never> {
  const message = notAppliedText(run.view.migrations)
  await considerRollback(run, { issue: message, ...stoppedState(run.view) })
  throw ApplicationFailure.create({
    type: 'ApplyPartial',
    message,
    nonRetryable: true,
    details: [{ advice: words`look at the state: ${command('status')}` }],
  })
}
