import { Command } from 'commander'
import { openContext } from '../../config/context.js'
import { RunbookError } from '../../contract/failures.js'
import { command, words } from '../../contract/next-command.js'
import { visible } from '../../text/visible.js'
import type { App, CommonOptions } from '../terminal/app.js'
import { examplesHelp, helpParagraph } from '../terminal/help-text.js'
import { interruptible } from '../terminal/interrupt.js'
import type { Output } from '../terminal/output.js'
import { archiveFile } from '../jobs/archive-file.js'
import { jobUrl, openGitHub, pullOfJob } from './github-account.js'
import { openPlanner, planPullRequest, type PullPlanner } from './github-plan.js'
import { recheckPulls, type Rechecked } from './github-recheck.js'
import type { Shown } from '../../github/sync-runs.js'

interface GitHubOptions {
  repo?: string
  backup?: string
}

/** What GitHub shows of the work here: plans as checks of pull requests, runs as deployments. */
export function githubCommand(app: App, summary: string): Command {
  return new Command('github')
    .summary(summary)
    .description('What GitHub shows of migrations. docs/github.md has the workflows and permissions.')
    .addHelpText(
      'after',
      examplesHelp([
        'github plan-check --env production --pull-request 7',
        'github recheck --env production --replan',
        'github deployments --env production',
      ]),
    )
    .addCommand(planCheckCommand(app))
    .addCommand(recheckCommand(app))
    .addCommand(deploymentsCommand(app))
}

const TOKENS = helpParagraph(
  'The token is that of GITHUB_TOKEN or D1_RUNBOOK_GITHUB_TOKEN, or of the GitHub App of D1_RUNBOOK_GITHUB_APP_ID and D1_RUNBOOK_GITHUB_APP_KEY_FILE. A check is written by an app alone, which the token of a job is: permissions checks (write), pull-requests and contents (read).',
)

function ofRepository(made: Command): Command {
  return made.option('--repo <owner/name>', 'repository (default: GITHUB_REPOSITORY, that of the job)')
}

function planCheckCommand(app: App): Command {
  return ofRepository(
    app.command('plan-check', 'plan a pull request, and say the plan as a check at its head', [
      'github plan-check --env production        # in a job of the event pull_request',
      'github plan-check --env production --repo OWNER/NAME --pull-request 7',
      'github plan-check --env staging --backup backups/backup-staging-2026-03-01-120000.zip',
    ]),
  )
    .option('--pull-request <number>', 'which one (default: that of the job)')
    .option('--backup <zip>', 'rehearse on this backup instead of a fresh copy')
    .addHelpText(
      'after',
      helpParagraph(
        'Its migration files are read through the API and rehearsed by the configuration of this checkout; no code of the pull request is run. One of a fork is left out: its plan would show samples of your data. The check is success, neutral where somebody must acknowledge, failure where the plan blocks.',
      ),
    )
    .addHelpText('after', TOKENS)
    .action(
      app.action<GitHubOptions & { pullRequest?: string }>(async ({ options, output }) => {
        const number = numberOf(options.pullRequest)
        return withPlanner(options, output, async (planner) => {
          const { readPull } = await import('../../github/pulls.js')
          const pull = await readPull(planner.github, number)
          const { environment } = planner.context.target
          if (pull.fork || !pull.open) {
            const why = pull.fork ? 'its branch is of another repository' : 'it is closed'
            output.document({ success: true, environment, pullRequest: number, state: 'left-out', why })
            if (!output.json) output.line(`Pull request ${number} is left out: ${why}.`)
            return 0
          }
          const { plan, kept, check } = await planPullRequest(planner, pull)
          const { verdict } = kept
          const success = verdict !== 'block'
          const of = { success, environment, pullRequest: number, head: pull.head, verdict, check }
          if (plan === undefined) output.document({ ...of, state: 'unchanged' })
          else {
            const { planHash, findings } = plan
            output.document({ ...of, state: 'planned', planHash, findings })
          }
          const said =
            plan === undefined
              ? 'it changes no migration'
              : `${plan.verdict}, plan ${plan.planHash.slice(0, 12)}`
          if (!output.json) output.line(`Pull request ${number} at ${pull.head.slice(0, 12)}: ${said}`)
          return success ? 0 : 1
        })
      }),
    )
}

function recheckCommand(app: App): Command {
  return ofRepository(
    app.command('recheck', 'find the checks whose plan holds no more, and say what moved on', [
      'github recheck --env production            # marks them as stale',
      'github recheck --env production --replan   # plans them anew',
    ]),
  )
    .option('--replan', 'plan those anew, and those that have no plan yet')
    .option('--base <branch>', 'only pull requests into this branch (default: into any)')
    .option('--backup <zip>', 'with --replan: rehearse on this backup instead of a fresh copy')
    .addHelpText(
      'after',
      helpParagraph(
        'For a schedule, and for pushes to the base branch. It reads the ledger and the schema of the database once, and what the base branch now has of migrations and configuration. A check that holds no more becomes action_required, which no required check passes with. Each plan makes a backup of its own, unless one is given.',
      ),
    )
    .addHelpText('after', TOKENS)
    .action(
      app.action<GitHubOptions & { replan?: true; base?: string }>(async ({ options, output }) =>
        withPlanner(options, output, async (planner) => {
          const { base, replan = false } = options
          const found = await recheckPulls(planner, { base, replan })
          const success = found.every(({ state }) => state !== 'failed')
          output.document({ success, environment: planner.context.target.environment, pullRequests: found })
          if (!output.json) printRechecked(output, found, replan)
          return success ? 0 : 1
        }),
      ),
    )
}

function deploymentsCommand(app: App): Command {
  return ofRepository(
    app.command('deployments', 'show runs as deployments of their commits, once', [
      'github deployments --env production',
      'github deployments --env production --console https://runbook.example.com',
    ]),
  )
    .option('--console <url>', 'address of the console, to which each deployment leads')
    .addHelpText(
      'after',
      helpParagraph(
        'For a job, where nobody serves: serve --github keeps them up by itself. Runs of the environment that are open, or ended within a week; one whose files were not committed at its start belongs to no commit and is left out. Permission: deployments (write).',
      ),
    )
    .addHelpText('after', TOKENS)
    .action(
      app.action<GitHubOptions & { console?: string }>(async ({ options, output }) => {
        const { findEnvironment } = await import('../../config/target.js')
        const { loadProject } = await import('../../config/project.js')
        const { withSession } = await import('../../client/session.js')
        const { RunSync } = await import('../../github/sync-runs.js')
        const { runLink } = await import('../../console/pages/layout.js')
        const github = await openGitHub(options.repo, process.env)
        findEnvironment(await loadProject({ projectDir: options.project }), options.env)
        const origin = consoleOf(options.console)
        const runs = await withSession(options.project, (session) =>
          new RunSync({
            ...{ session, github },
            isShown: ({ environment }) => environment === options.env,
            pageOf: (run) => (origin === undefined ? undefined : `${origin}${runLink('/run', run)}`),
          }).look(),
        )
        const success = runs.every(({ state }) => state !== 'failed')
        output.document({ success, environment: options.env, runs })
        if (!output.json && runs.length === 0) output.line('No run is open or ended within a week.')
        if (!output.json) for (const one of runs) output.line(`${one.runId}  ${visible(shownAs(one))}`)
        return success ? 0 : 1
      }),
    )
}

function shownAs({ state, commit, status, why }: Shown): string {
  switch (state) {
    case 'shown':
      return `${(commit ?? '').slice(0, 12)} ${status?.state ?? ''}: ${status?.description ?? ''}`
    case 'unknown-commit':
      return 'left out: its files were not committed when it was started'
    case 'adoption':
      return 'left out: it records what is there, and applies nothing'
    case 'failed':
      return `not shown: ${why ?? ''}`
  }
}

/** Throws `ConfigInvalid`. */
function consoleOf(typed: string | undefined): string | undefined {
  if (typed === undefined) return undefined
  const url = URL.canParse(typed) ? new URL(typed) : undefined
  if (
    url !== undefined &&
    ['https:', 'http:'].includes(url.protocol) &&
    url.origin === typed.replace(/\/$/, '')
  )
    return url.origin
  throw new RunbookError('ConfigInvalid', `${JSON.stringify(visible(typed))} is no address of a console.`, {
    advice: 'Such as --console https://runbook.example.com.',
  })
}

function printRechecked(output: Output, found: readonly Rechecked[], replan: boolean): void {
  if (found.length === 0) output.line('No pull request is open.')
  for (const one of found) output.line(`Pull request ${one.pullRequest}: ${visible(saidOf(one))}`)
  if (!replan && found.some(({ state }) => state === 'stale' || state === 'unplanned'))
    output.line(words`Next: ${command('github recheck', '--replan')}`)
}

function saidOf(one: Rechecked): string {
  const moved = one.moved === undefined ? '' : ` (moved on: ${one.moved.join(', ')})`
  switch (one.state) {
    case 'current':
      return one.verdict === 'none' ? 'it changes no migration' : 'its plan holds'
    case 'stale':
      return `its plan holds no more${moved}`
    case 'planned':
      return one.verdict === 'none' ? 'it changes no migration' : `planned anew: ${one.verdict ?? ''}${moved}`
    case 'unplanned':
      return 'it has no plan'
    case 'under-way':
      return 'it is being planned'
    case 'left-out':
      return 'left out: its branch is of another repository'
    case 'failed':
      return `not planned: ${one.why ?? ''}`
  }
}

async function withPlanner(
  options: CommonOptions & GitHubOptions,
  output: Output,
  work: (planner: PullPlanner) => Promise<number>,
): Promise<number> {
  const github = await openGitHub(options.repo, process.env)
  const context = await openContext(options)
  const { backup } = options
  const archive = backup === undefined ? undefined : await archiveFile(backup, () => Promise.resolve(context))
  return interruptible(async (signal) =>
    work(
      await openPlanner(context, {
        github,
        archive,
        signal,
        detailsUrl: jobUrl(process.env),
        note: output.note,
      }),
    ),
  )
}

/** Throws `ConfigInvalid`. */
function numberOf(typed: string | undefined): number {
  const number =
    typed === undefined ? pullOfJob(process.env) : /^[1-9]\d{0,9}$/.test(typed) ? Number(typed) : undefined
  if (number !== undefined) return number
  throw new RunbookError('ConfigInvalid', 'Which pull request is meant is not said.', {
    advice:
      'Give its number: --pull-request 7. In a job of the event pull_request_target it is ${{ github.event.number }}.',
  })
}
