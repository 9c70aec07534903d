import type { Plan } from '../contract/plan.js'
import { ATTENTION_MS, completeMessage } from '../runbook/messages.js'
import { read } from './activities.js'
import { appliedByThisRun, expectedAfter } from './apply.js'
import { GateDeclined, RunEnded } from './endings.js'
import type { MonitoringInput } from './monitoring.js'
import { teamConfirmationPrompt } from './prompts.js'
import { considerRollback } from './rollback.js'
import type { Run } from './run.js'

/** What monitoring must find unchanged. */
export type Expected = MonitoringInput['expected']

/** Step 4. What does not pass is an issue after the migration: scenario 2. */
export async function validate(run: Run, plan: Plan): Promise<Expected> {
  const { target, monitoring } = run.request
  const { checks, passed } = await run.step(
    'validate',
    async () => {
      const input = { target, plan, probes: monitoring.probes }
      const seen = await run.audited(
        read.validateMigration.executeWithOptions({ summary: 'Post-migration validation' }, [input]),
      )
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
      monitoringMs: attentionMs(run),
    }),
  )
  return expectedAfter(plan)
}

/** The runbook promises two hours; where less is looked at, less is promised. Milliseconds as people will see them. */
function attentionMs(run: Run): number {
  const { offsetsMs } = run.request.monitoring
  return run.scaled(Math.min(ATTENTION_MS, offsetsMs.at(-1) ?? ATTENTION_MS))
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
