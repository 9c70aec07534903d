import type { Plan } from '../contract/plan.js'
import { defined } from '../contract/defined.js'
import type { Check, RunView } from '../contract/run.js'
import { patched } from '@temporalio/workflow'
import { brokenBefore, unaskedHealth } from '../runbook/gaps.js'
import { completeMessage } from '../runbook/messages.js'
import { plural } from '../text/plural.js'
import { read } from './activities.js'
import { appliedByThisRun, expectedAfter } from './apply.js'
import { withCredentials } from './credentials.js'
import { GateDeclined, RunEnded } from './endings.js'
import type { MonitoringInput } from './monitoring.js'
import { recordChecks } from './prepare.js'
import { checkCounts, teamConfirmationPrompt } from './prompts.js'
import { considerRollback } from './rollback.js'
import type { Run } from './run.js'
import { actionOf } from './ways.js'
import { command, words } from '../contract/next-command.js'

/** What monitoring must find unchanged. */
export type Expected = MonitoringInput['expected']

/** Step 4. What does not pass is an issue after the migration: scenario 2. */
export async function validate(run: Run, plan: Plan): Promise<Expected> {
  const { target, monitoring } = run.request
  const { checks, passed } = await run.step(
    'validate',
    async () => {
      const input = { target, plan, probes: monitoring.probes }
      const seen = await withCredentials(run, 'the migration was being validated', () =>
        run.audited(
          read.validateMigration.executeWithOptions({ summary: 'Post-migration validation' }, [input]),
        ),
      )
      recordChecks(run, 'validate', seen)
      // The gap of the checklist stands already; whoever confirms must read it here.
      const health = unaskedHealth(monitoring.probes)
      return health === undefined ? seen : { ...seen, checks: [...seen.checks, health] }
    },
    ({ checks: seen }) => checkCounts(seen),
    ({ passed: well }) => well,
  )
  if (!passed) {
    const failed = checks.filter(({ state }) => state === 'failed')
    const before = brokenBefore(run.baseline, monitoring.probes)
    const issues = failed.map(({ name, title, message }) => {
      const was = before.find(({ check }) => check === name)
      return `${title}: ${message}${was === undefined ? '' : ` (broken before the migration, too: ${was.message})`}`
    })
    const all = failed.length > 0 && failed.every(({ name }) => before.some(({ check }) => check === name))
    const impact = all ? 'the migrations are applied; all that failed was broken before, too' : undefined
    await issueAfterApply(run, issues.join('; '), impact)
  }
  const early = patched('early-issues-are-asked-about')
  if (early) await askAboutIssues(run)
  try {
    await run.gate('team-confirmation', teamConfirmationPrompt(run.view, checks))
  } catch (error) {
    if (!(error instanceof GateDeclined)) throw error
    await issueAfterApply(run, error.message)
  }
  // Reported while the team looked: their approval does not answer it.
  if (early) await askAboutIssues(run)
  run.announcer.tell(
    'complete',
    completeMessage({
      ...run.context,
      ...(run.request.lostRun === undefined
        ? { durationMs: Date.now() - Date.parse(run.view.startedAt) }
        : {}),
      applied: appliedByThisRun(run).length,
      status: statusOf(checks),
      monitoringMs: monitoringMs(run),
      ...defined({ compressed: run.view.compressed }),
      issues: severeIssues(run).map(issueText),
    }),
  )
  return expectedAfter(plan)
}

/** Major and critical issues that were reported before the monitoring. Returns where people keep the database as it is. */
async function askAboutIssues(run: Run): Promise<void> {
  const severe = severeIssues(run, run.issuesAsked)
  run.issuesAsked = run.view.issues.length
  if (severe.length === 0) return
  await considerRollback(run, {
    issue: severe.map(issueText).join('; '),
    kept: 'goes-on',
    impact: 'the migrations are applied, and somebody reports an issue',
    action: actionOf(run),
  })
}

function severeIssues({ view }: Run, from = 0): RunView['issues'] {
  return view.issues.slice(from).filter(({ severity }) => severity !== 'minor')
}

function issueText({ severity, description, actor }: RunView['issues'][number]): string {
  return `${actor} reports (${severity}): ${description}`
}

/** What was looked at after the migration, and nothing beyond it: those that did not pass by name. */
function statusOf(checks: readonly Check[]): string {
  const passed = checks.filter(({ state }) => state === 'passed').length
  const others = checks.filter(({ state }) => state !== 'passed')
  const named = others.map(({ title, state }) => `${title} ${state}`).join(', ')
  return `${passed} of ${plural(checks.length, 'check')} passed${named === '' ? '' : `; ${named}`}`
}

/** As long as checkpoints will really come. Milliseconds as people will see them. */
function monitoringMs(run: Run): number {
  const last = run.request.monitoring.offsetsMs.at(-1)
  return last === undefined ? 0 : run.scaled(last)
}

/** People either take the migration back, or the run ends as failed with the migration in place. Always throws. */
async function issueAfterApply(
  run: Run,
  issue: string,
  impact = 'the migrations are applied, and the database is not as it should be',
): Promise<never> {
  await considerRollback(run, {
    issue,
    kept: 'ends',
    impact,
    action: actionOf(run),
  })
  throw new RunEnded({
    outcome: 'failed',
    message: `${issue}; the migrations stay applied`,
    failure: {
      type: 'ValidationFailed',
      message: issue,
      advice: words`look at the state: ${command('status')}`,
    },
  })
}
