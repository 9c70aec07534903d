import type { Command } from 'commander'
import type { Plan } from '../../contract/plan.js'
import type { App } from '../terminal/app.js'
import { archiveFile } from '../jobs/archive-file.js'
import { openContext } from '../../config/context.js'
import { resolveRequestSettings } from '../../config/settings.js'
import { configWarnings } from '../../config/target.js'
import { freezeNotes } from '../../runbook/freezes.js'
import { findingLines } from '../terminal/findings-text.js'
import { interruptible } from '../terminal/interrupt.js'
import type { Output } from '../terminal/output.js'
import { rowsTaken } from '../terminal/picture.js'
import { planRowsWith, verdictLine } from '../terminal/plan-text.js'
import { unblocking } from '../../text/blocked.js'
import { planView } from '../../runbook/plan-view.js'
import { databaseLine } from '../terminal/target-text.js'
import { makePlan } from '../jobs/make-plan.js'
import { checkReview, giveReview, reviewOptions, type ReviewOptions } from './review-files.js'
import { at, command, words, type Words } from '../../contract/next-command.js'

interface PlanOptions extends ReviewOptions {
  backup?: string
}

/** Rehearses the pending migrations on a copy; the verdict `block` ends with exit code 1. Changes no database. */
export function planCommand(app: App, summary: string): Command {
  return reviewOptions(
    app.command('plan', summary, [
      'plan',
      'plan --env production                # makes a verified backup first and rehearses on it',
      'plan --backup backups/backup-production-2026-03-01-120000.zip',
      'plan --json | jq .verdict',
    ]),
  )
    .option('--backup <zip>', 'rehearse on this backup instead of a fresh copy')
    .action(
      app.action<PlanOptions>(async ({ options, output }) => {
        await checkReview(output, options)
        const context = await openContext(options)
        const { timeZone, freezes } = resolveRequestSettings(context.project, context.target.environment)
        const warnings = [
          ...configWarnings(context.project, context.target),
          ...freezeNotes(freezes, timeZone, Date.now()),
        ]
        for (const warning of warnings) output.note(warning)
        const backup =
          options.backup === undefined
            ? undefined
            : await archiveFile(options.backup, () => Promise.resolve(context))
        const plan = await interruptible((signal) =>
          makePlan(context, backup, { onProgress: output.note, signal }),
        )
        const success = plan.verdict !== 'block'
        output.document({ success, ...plan, warnings })
        const { migrationsDir } = context.target
        const reviewed = await giveReview(output, options, { findings: plan.findings, migrationsDir })
        if (!output.json && !reviewed) await printPlan(output, plan, options.project)
        return success ? 0 : 1
      }),
    )
}

async function printPlan(output: Output, plan: Plan, project: string): Promise<void> {
  const { columns, live } = output
  const serverKnown = await knowsServer(project)
  for (const row of planScreen(
    plan,
    output,
    live ? { columns: columns(), rows: process.stdout.rows } : undefined,
    serverKnown,
  ))
    output.verbatim(row)
}

/**
 * The verdict and what to type first, then the plan as it stands at its gate, but with what each finding advises. What has scrolled away
 * from a terminal is said once more. Rows of {@link Output.block}.
 */
export function planScreen(
  plan: Plan,
  output: Pick<Output, 'colors' | 'live' | 'columns' | 'block' | 'text'>,
  screen: { columns: number; rows: number } | undefined,
  serverKnown = true,
): Words[] {
  const { colors, block, text } = output
  const inRows = (lines: readonly Words[]): Words[] => lines.flatMap((line) => block(line))
  const lead = inRows([verdictLine(plan, colors), ...whatNext(plan, serverKnown)])
  const rows = planRowsWith(findingLines(plan.findings, output, '  '), planView(plan), output)
  const all = [...inRows([databaseLine(plan, colors)]), ...lead, ...rows]
  const fits =
    screen === undefined || !(screen.rows > 0) || rowsTaken(all.map(text), screen.columns) < screen.rows
  return fits ? all : [...all, ...lead]
}

/** Whether the configuration names a Temporal server, or that of this project runs: nobody is asked. */
async function knowsServer(projectDir: string): Promise<boolean> {
  const { resolveServer } = await import('../../temporal/server-address.js')
  try {
    return resolveServer({ projectDir }).source !== 'default'
  } catch {
    // What is wrong with it is said by the command that needs it.
    return true
  }
}

function whatNext({ verdict, migrations, environment, findings }: Plan, serverKnown: boolean): Words[] {
  if (verdict === 'block') return [unblocking(findings)]
  if (migrations.length === 0) return []
  const start = at({ environment }, command('start', '--wait'))
  const first = words`No Temporal server is known here. First, in another terminal: ${command('dev')}`
  return [...(serverKnown ? [] : [first]), words`Next: ${start}`]
}
