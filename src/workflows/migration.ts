import { ApplicationFailure, isCancellation, sleep } from '@temporalio/workflow'
import type { Plan } from '../contract/plan.js'
import type { MigrationRequest, RunView } from '../contract/run.js'
import type { Status } from '../contract/status.js'
import { completeMessage, emergencyMessage, noteMessage, startMessage } from '../runbook/messages.js'
import { EXPECTED_DURATION_MS } from '../runbook/steps.js'
import { windowState } from '../runbook/window.js'
import { read, slow, tell } from './activities.js'
import { applyOneByOne, appliedByThisRun, proveOutcome } from './apply.js'
import { failureOf, GateDeclined, GateExpired, RunEnded } from './endings.js'
import { watchOver } from './monitor.js'
import {
  connectivityPrompt,
  environmentPrompt,
  finalPrompt,
  planPrompt,
  preflightPrompt,
  teamConfirmationPrompt,
  teamLeadPrompt,
} from './prompts.js'
import { considerRollback } from './rollback.js'
import { Run } from './run.js'
import type { Ending } from './state.js'
import { withUpdates } from './updates.js'

/** The runbook, from its prerequisites to its documentation updates. One workflow, one migration of one database. */
export async function productionMigration(request: MigrationRequest): Promise<RunView> {
  const run = new Run(request)
  return run.untilClosed(
    async () => {
      await prerequisites(run)
      await run.gate('team-lead', teamLeadPrompt(run.view, request.files.length))
      await checklist(run)
      await untilWindowOpens(run)
      const expected = await withUpdates(run, () => migrate(run))
      if (expected === null) return
      await monitor(run, expected)
    },
    (ending) => close(run, ending),
  )
}

type Expected = { schemaFingerprint: string; ledger: string[] }

/** Steps 1 to 4, with an update every 15 minutes. Null where there was nothing to migrate. */
async function migrate(run: Run): Promise<Expected | null> {
  await announceStart(run)
  await backUp(run)
  const status = await readStatus(run)
  if (status.pending.length === 0) {
    run.say('status', 'nothing is pending: the database has every migration')
    return null
  }
  const plan = await rehearse(run, status)
  await execute(run, status, plan)
  return validate(run, plan)
}

async function prerequisites(run: Run): Promise<void> {
  const { target, channels, dashboardUrl } = run.request
  const input = { target, channels, ...(dashboardUrl === undefined ? {} : { dashboardUrl }) }
  await run.step('prerequisites', async () => {
    const { checks } = await read.checkPrerequisites.executeWithOptions(
      { summary: 'Tools, access, target' },
      [input],
    )
    run.view.checks.push(...checks)
  })
}

async function checklist(run: Run): Promise<void> {
  const { target, files, bundle, evidence, recentBackupMs, stagingEnvironment } = run.request
  const staging = stagingEnvironment === undefined ? {} : { stagingEnvironment }
  await run.step(
    'checklist',
    async () => {
      const input = { target, files, bundle, evidence, recentBackupMs, ...staging }
      const { checks } = await slow.runChecklist.executeWithOptions({ summary: 'Pre-migration checklist' }, [
        input,
      ])
      run.view.checks.push(...checks)
      return checks
    },
    (checks) =>
      `${String(checks.filter(({ state }) => state === 'passed' || state === 'attested').length)} of ${String(checks.length)} passed`,
  )
}

/** A start may be days ahead: what was true then is checked again when the window opens. */
async function untilWindowOpens(run: Run): Promise<void> {
  const { window } = run.request
  const state = windowState({ window, now: Date.now() })
  if (state.state === 'closed') throw new GateExpired('window')
  if (state.state === 'open' || window === undefined) return
  run.say('checklist', `waiting for the maintenance window, ${window.opensAt}`)
  await sleep(state.forMs, { summary: `Maintenance window opens ${window.opensAt}` })
  run.view.checks = []
  await prerequisites(run)
  await checklist(run)
}

async function announceStart(run: Run): Promise<void> {
  const { window, files, updateEveryMs } = run.request
  const opensAt = Date.now()
  await run.step('announce', async () => {
    const status = await read.readStatus.executeWithOptions({ summary: 'Count what is pending' }, [
      { target: run.request.target, files },
    ])
    const text = startMessage({
      ...run.context,
      opensAt: window === undefined ? opensAt : Date.parse(window.opensAt),
      closesAt: window === undefined ? opensAt + EXPECTED_DURATION_MS : Date.parse(window.closesAt),
      at: opensAt,
      pending: status.pending.length,
      expectedMs: EXPECTED_DURATION_MS,
      updateEveryMs,
    })
    run.announcer.tell('start', text)
  })
}

async function backUp(run: Run): Promise<void> {
  const { target, files, keepBackups } = run.request
  await run.step(
    'backup',
    async () => {
      run.view.backup = await slow.createBackup.executeWithOptions(
        { summary: 'Export, restore, compare, archive' },
        [{ target, files, keep: keepBackups }],
      )
      return run.view.backup
    },
    ({ file, tables }) => `${file}, ${String(tables.length)} tables verified`,
  )
}

async function readStatus(run: Run): Promise<Status> {
  const { target, files } = run.request
  return run.step(
    'status',
    async () => {
      const status = await read.readStatus.executeWithOptions({ summary: 'Ledger against files' }, [
        { target, files },
      ])
      const [conflict] = status.conflicts
      if (conflict !== undefined) {
        throw ApplicationFailure.create({
          type: 'ChecksFailed',
          message: `The ledger and the files disagree: ${status.conflicts.map(({ message }) => message).join('; ')}`,
          nonRetryable: true,
          details: [{ advice: `look at it: d1-runbook status --env ${run.view.environment}` }],
        })
      }
      run.view.migrations = status.pending.map((file) => ({ ...file, state: 'pending', durationMs: null }))
      return status
    },
    ({ applied, pending }) => `${String(applied.length)} applied, ${String(pending.length)} pending`,
  )
}

/** Runs what is pending on the restored backup, and takes the baseline that monitoring will compare with. */
async function rehearse(run: Run, status: Status): Promise<Plan> {
  const { target, files, bundle, monitoring } = run.request
  const { backup } = run.view
  if (backup === null) throw new Error('the rehearsal needs the backup')
  return run.step(
    'rehearse',
    async () => {
      const summary = 'Rehearse on the restored backup'
      const plan = await slow.rehearse.executeWithOptions({ summary }, [
        { target, files, bundle, backup, status },
      ])
      run.plan = plan
      run.view.planHash = plan.planHash
      if (plan.verdict === 'block') throw blocked(run, plan)
      run.baseline = await slow.takeBaseline.executeWithOptions({ summary: 'Baseline of the probes' }, [
        { target, monitoring },
      ])
      return plan
    },
    ({ planHash, verdict }) => `plan ${planHash.slice(0, 12)}: ${verdict}`,
  )
}

/** Step 3: the five prompts of the runbook, then the migrations. */
async function execute(run: Run, status: Status, plan: Plan): Promise<void> {
  const { target } = run.request
  await run.step(
    'execute',
    async () => {
      await run.gate('environment', environmentPrompt(run.view))
      const seen = await read.checkConnectivity.executeWithOptions({ summary: 'Connectivity' }, [{ target }])
      await run.gate('connectivity', connectivityPrompt(run.view, seen))
      await run.gate('preflight', preflightPrompt(run.view, status, plan))
      await run.gate('plan', planPrompt(plan))
      await run.gate('final', finalPrompt(run.view, plan))
      try {
        await applyOneByOne(run, plan)
      } catch (error) {
        await applyFailed(run, plan, error)
      }
    },
    () => `${String(appliedByThisRun(run).length)} applied`,
  )
}

/** Scenario 1: stop, read back what is true, write it down, tell people, and offer the ways back. Always throws. */
async function applyFailed(run: Run, plan: Plan, error: unknown): Promise<never> {
  await run.uninterrupted(async () => {
    await proveOutcome(run, plan, error)
    await writeFailureFiles(run)
  })
  if (isCancellation(error) || error instanceof GateExpired) throw error
  const { message } = failureOf(error)
  const applied = appliedByThisRun(run)
  await considerRollback(run, {
    issue: message,
    impact: `${String(applied.length)} of ${String(plan.migrations.length)} migrations are applied`,
    action:
      applied.length === 0
        ? 'stopped; the database is as it was'
        : 'stopped; waiting for the rollback decision',
  })
  throw error
}

/** Step 4. What does not pass is an issue after the migration: scenario 2. */
async function validate(run: Run, plan: Plan): Promise<Expected> {
  const { target, monitoring } = run.request
  const { checks, passed } = await run.step(
    'validate',
    async () => {
      const input = { target, plan, probes: monitoring.probes }
      const seen = await read.validateMigration.executeWithOptions({ summary: 'Post-migration validation' }, [
        input,
      ])
      run.view.checks.push(...seen.checks)
      return seen
    },
    (seen) => (seen.passed ? 'all passed' : 'not all passed'),
  )
  if (!passed) {
    const failed = checks.filter(({ state }) => state === 'failed')
    await issueAfterApply(run, failed.map(({ title, message }) => `${title}: ${message}`).join('; '))
  }
  try {
    await run.gate('team-confirmation', teamConfirmationPrompt(run.view, checks))
  } catch (error) {
    if (!(error instanceof GateDeclined)) throw error
    await issueAfterApply(run, error.message)
  }
  run.announcer.tell(
    'complete',
    completeMessage({
      ...run.context,
      durationMs: Date.now() - Date.parse(run.view.startedAt),
      applied: appliedByThisRun(run).length,
    }),
  )
  return {
    schemaFingerprint: plan.predictedFingerprint,
    ledger: [...plan.ledger, ...plan.migrations.map(({ name }) => name)],
  }
}

/** People either take the migration back, or the run ends as failed with the migration in place. Always throws. */
async function issueAfterApply(run: Run, issue: string): Promise<never> {
  await considerRollback(run, {
    issue,
    impact: 'the migrations are applied, and the database is not as it should be',
    action: 'waiting for the rollback decision',
  })
  throw new RunEnded({
    outcome: 'failed',
    message: `${issue}; the migrations stay applied`,
    failure: {
      type: 'ValidationFailed',
      message: issue,
      advice: `look at the state: d1-runbook status --env ${run.view.environment}`,
    },
  })
}

async function monitor(run: Run, expected: Expected): Promise<void> {
  await run.step(
    'monitor',
    async () => {
      run.view.monitoring = await watchOver(run, expected)
      return run.view.monitoring
    },
    ({ checkpoints, verdicts }) =>
      `${String(checkpoints.length)} checkpoints, ${String(verdicts.healthy)} healthy`,
  )
  run.say('monitor', `${String(appliedByThisRun(run).length)} migrations applied and looked after`)
}

/** Documentation Updates, whatever the outcome: people are told, and the report is written. */
async function close(run: Run, ending: Ending): Promise<void> {
  if (ending.outcome !== 'completed') tellEnd(run, ending)
  const view: RunView = {
    ...run.view,
    outcome: ending.outcome,
    success: ending.outcome === 'completed',
    message: ending.message,
  }
  if (ending.failure !== undefined) view.failure = ending.failure
  try {
    await run.finish(async () => {
      const input = {
        runKey: run.runKey,
        view,
        plan: run.plan,
        baseline: run.baseline,
        target: run.request.target,
      }
      const { files } = await tell.writeReport.executeWithOptions({ summary: 'Write the report' }, [input])
      run.view.artifacts.push(...files)
    })
  } catch (error) {
    run.announcer.tell(
      'note',
      noteMessage({
        ...run.context,
        title: 'The report could not be written',
        details: [failureOf(error).message],
      }),
    )
  }
}

function tellEnd(run: Run, ending: Ending): void {
  const { failure, message, outcome } = ending
  // A failure while applying has had its alert.
  const alerted = run.view.announcements.some(({ kind }) => kind === 'emergency')
  if (failure !== undefined && !alerted) {
    const etaAt = Date.now() + run.scaled(run.request.updateEveryMs)
    const applied = appliedByThisRun(run).length
    const impact = `${String(applied)} migrations are applied`
    const action = failure.advice === '' ? 'the run has ended' : failure.advice
    const { contacts } = run.request
    run.announcer.tell(
      'emergency',
      emergencyMessage({ ...run.context, issue: message, impact, action, etaAt, contacts }),
    )
    return
  }
  const details = run.view.migrations.map(({ name, state }) => `${name}: ${state}`)
  run.announcer.tell(
    'note',
    noteMessage({ ...run.context, title: `The run ended: ${outcome}. ${message}`, details }),
  )
}

async function writeFailureFiles(run: Run): Promise<void> {
  const { target, files } = run.request
  const input = { runKey: run.runKey, target, view: run.view, files }
  const written = await tell.writeFailureFiles.executeWithOptions({ summary: 'Write the failure files' }, [
    input,
  ])
  run.view.artifacts.push(...written.files)
}

function blocked(run: Run, plan: Plan): ApplicationFailure {
  const errors = plan.findings.filter(
    ({ severity, accepted }) => severity === 'error' && accepted === undefined,
  )
  return ApplicationFailure.create({
    type: 'PlanBlocked',
    message: `The plan is blocked by ${errors.map(({ code, migration, message }) => `${code} ${migration}: ${message}`).join('; ')}`,
    nonRetryable: true,
    details: [{ advice: `read the plan: d1-runbook plan --env ${run.view.environment}` }],
  })
}
