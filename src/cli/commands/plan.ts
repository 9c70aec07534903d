import { conditionLines } from '../../text/rollback-cost.js'
import { defined } from '../../contract/defined.js'
import type { Command } from 'commander'
import { visible } from '../../text/visible.js'
import { reverseFileLines } from '../../text/pending-reverse.js'
import { plural } from '../../text/plural.js'
import type { Plan } from '../../contract/plan.js'
import { formatDuration } from '../../text/duration.js'
import type { App } from '../terminal/app.js'
import { archiveFile } from './archive-file.js'
import { openContext, readOverlooked, readProjectFiles, type Context } from '../../config/context.js'
import { copyOfDatabase } from './database-copy.js'
import { configWarnings } from '../../config/target.js'
import { findingLines } from '../terminal/findings-text.js'
import { interruptible } from '../terminal/interrupt.js'
import type { Output } from '../terminal/output.js'
import { costLines, queryLines } from '../terminal/query-text.js'
import { databaseLine } from '../terminal/target-text.js'
import { checkReview, giveReview, reviewOptions, type ReviewOptions } from './review-files.js'
import { at, command, words } from '../../contract/next-command.js'

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
        const warnings = configWarnings(context.project, context.target)
        for (const warning of warnings) output.note(warning)
        const backup = options.backup === undefined ? undefined : await archiveFile(options.backup)
        const plan = await interruptible((signal) => makePlan(context, backup, { output, signal }))
        const success = plan.verdict !== 'block'
        output.document({ success, ...plan, warnings })
        const { migrationsDir } = context.target
        const reviewed = await giveReview(output, options, { findings: plan.findings, migrationsDir })
        if (!output.json && !reviewed) printPlan(output, plan)
        return success ? 0 : 1
      }),
    )
}

async function makePlan(
  context: Context,
  backup: string | undefined,
  { output, signal }: { output: Output; signal: AbortSignal },
): Promise<Plan> {
  const { target, project } = context
  const files = await readProjectFiles(context)
  const onProgress = output.note
  const copy = await copyOfDatabase({ target, files, backup, onProgress, signal })
  try {
    const { rehearseInOwnProcess } = await import('../../analysis/rehearse/in-own-process.js')
    const { readChecksums } = await import('../../d1/migrations/checksums.js')
    const { queriesOf } = await import('../../config/settings.js')
    const { knownWrangler } = await import('../../d1/wrangler/wrangler.js')
    const wrangler = await knownWrangler(target.projectDir)
    const checksums = await readChecksums(target.migrationsDir)
    const overlooked = await readOverlooked(context)
    const queries = queriesOf(project, target.environment)
    const { readQueryTraffic } = await import('../../d1/cloudflare/query-traffic.js')
    const traffic =
      queries.length > 0 || !target.database.remote
        ? undefined
        : await readQueryTraffic({ target, env: process.env, signal })
    return await rehearseInOwnProcess({
      databaseFile: copy.databaseFile,
      files,
      applied: copy.ledger,
      environment: target.environment,
      database: target.database,
      migrationsTable: target.migrationsTable,
      queries,
      // An archive that was given may be an old one, or another database's.
      wholeCopy: target.database.remote && backup === undefined,
      overlooked,
      signal,
      onProgress,
      ...defined({ checksums, wrangler, traffic }),
    })
  } finally {
    await copy.remove()
  }
}

function printPlan(output: Output, plan: Plan): void {
  const { colors } = output
  output.line(databaseLine(plan, colors))
  output.line()
  output.line(plan.migrations.length === 0 ? 'Nothing is pending.' : `Pending (${plan.migrations.length}):`)
  // A file that D1's engine did not run to its end has no time there; behind it nothing runs.
  const stoppedAt = plan.migrations.find(({ durationMs }) => durationMs === 0)?.name
  for (const { name, statements, durationMs, statementCosts = [] } of plan.migrations) {
    const unfinished = name === stoppedAt ? 'not run to its end' : 'not run'
    const took = durationMs > 0 ? `${formatDuration(durationMs)} on the copy` : unfinished
    output.line(`  ${name}  ${plural(statements, 'statement')}, ${took}`)
    for (const line of costLines(statementCosts)) output.line(`    ${line}`)
  }
  const changed = plan.rows.filter(({ before, after }) => before !== after)
  if (changed.length > 0) output.line('Rows:')
  for (const { table, before, after, index } of changed) {
    output.line(
      `  ${table}${index === true ? ' (search index)' : ''}: ${before ?? 'no table'} → ${after ?? 'no table'}`,
    )
  }
  if (plan.findings.length > 0) output.line('Findings:')
  for (const line of findingLines(plan.findings, output, '  ')) output.verbatim(line)
  for (const line of queryLines(plan.queries)) output.line(line)
  if (plan.migrations.length > 0) printWayBack(output, plan)
  output.line()
  const paint = { ok: colors.green, acknowledge: colors.yellow, block: colors.red }[plan.verdict]
  output.line(`Verdict: ${paint(colors.bold(plan.verdict))}   plan ${plan.planHash.slice(0, 12)}`)
  if (plan.verdict === 'block')
    output.line('Correct what is marked as an error, or accept it in the file with a reason.')
  else if (plan.migrations.length > 0)
    output.line(words`Next: ${at({ environment: plan.environment }, command('start', '--wait'))}`)
}

/** The price stands under one heading; where there is no way back, the same lines say why. */
function printWayBack(output: Output, { rollback }: Plan): void {
  const proof = rollback.rehearsed ? 'rehearsed' : 'not rehearsed'
  output.line(rollback.available ? `Way back: a reverse migration, ${proof}` : 'Way back: only the backup')
  for (const line of reverseFileLines(rollback)) output.line(`  ! ${visible(line)}`)
  const costs = [...rollback.price, ...conditionLines(rollback.conditions)]
  if (costs.length === 0) return
  output.line(rollback.available ? '  What it costs:' : '  No reverse migration:')
  for (const price of costs) output.line(`  - ${visible(price)}`)
}
