import type { Command } from 'commander'
import { findingCounts } from '../../text/finding-counts.js'
import { plural } from '../../text/plural.js'
import type { Finding } from '../../contract/finding.js'
import type { App } from '../terminal/app.js'
import { openContext } from '../../config/context.js'
import { configWarnings } from '../../config/target.js'
import { interruptible } from '../terminal/interrupt.js'
import { findingLines } from '../terminal/findings-text.js'
import type { Output } from '../terminal/output.js'
import { validateProject } from '../jobs/validate-project.js'
import { checkReview, giveReview, reviewOptions, type ReviewOptions } from './review-files.js'
import { at, command, words, type NextCommand } from '../../contract/next-command.js'

interface ValidateOptions extends ReviewOptions {
  rules?: boolean
}

/** Runbook: "All migration files validated". Opens no database: the files replay on a scratch one. */
export function validateCommand(app: App, summary: string): Command {
  return reviewOptions(
    app.command('validate', summary, [
      'validate',
      'validate --project src/workers',
      'validate --sarif > findings.sarif',
      'validate --sarif findings.sarif --markdown findings.md',
      'validate --json | jq .findings',
    ]),
  )
    .option('--rules', 'print the table of finding codes')
    .action(
      app.action<ValidateOptions>(async ({ options, output }) => {
        if (options.rules === true) return printRules(output)
        await checkReview(output, options)
        const context = await openContext(options, { touchesDatabase: false, filesOnly: true })
        const warnings = configWarnings(context.project, context.target)
        for (const warning of warnings) output.note(warning)
        const { migrationsDir } = context.target
        const { success, findings, files } = await interruptible((signal) =>
          validateProject(context, { signal, onProgress: output.note }),
        )
        const reviewed = await giveReview(output, options, { findings, migrationsDir })
        output.document({ success, findings, warnings })
        if (output.json) return success ? 0 : 1
        // Files are judged without an environment; a rehearsal needs one that there is.
        const { environment } = context.target
        const next = environment === options.env ? command('plan') : at({ environment }, command('plan'))
        if (!reviewed) printFindings(output, { files: files.length, findings, success, next })
        return success ? 0 : 1
      }),
    )
}

function printFindings(
  output: Output,
  {
    files,
    findings,
    success,
    next,
  }: { files: number; findings: Finding[]; success: boolean; next: NextCommand },
): void {
  for (const line of findingLines(findings, output)) output.verbatim(line)
  if (findings.length > 0) output.line()
  const summary = `${plural(files, 'migration file')}, applied or not: ${findingCounts(findings)}`
  output.line(success ? output.colors.green(`✔ ${summary}`) : output.colors.red(`✖ ${summary}`))
  if (success && files > 0)
    output.line(words`Next: ${next} rehearses the pending ones on a copy of the database.`)
}

async function printRules(output: Output): Promise<number> {
  const { RULES } = await import('../../analysis/rules/index.js')
  output.document(RULES)
  for (const { code, severity, title } of RULES)
    output.line(`${code.padEnd(7)} ${severity.padEnd(8)} ${title}`)
  return 0
}
