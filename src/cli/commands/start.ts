import { Option, type Command } from 'commander'
import { openContext, readProjectFiles, type Context } from '../../config/context.js'
import { ATTESTATIONS } from '../../contract/attestations.js'
import { defined } from '../../contract/defined.js'
import { words, type Words } from '../../contract/next-command.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { leftUnfinished } from './left-unfinished.js'
import { withRunOptions, type RunOptions } from './run-options.js'

interface StartOptions extends RunOptions {
  detach?: boolean
  until?: 'validated' | 'closed'
  attest?: string[]
  skip?: string[]
}

/** Runbook step 3: `migrate:prod`. Starts the workflow; with `--wait` stays with it and asks the prompts. */
export function startCommand(app: App, summary: string): Command {
  const start = app.command('start', summary, [
    'start --env production --wait',
    'start --env production --window "2026-03-08T22:00/2h" --requester "Ada Lovelace"',
    'start --yes --wait --until validated --json   # the requester approves what policy lets them decide alone',
  ])
  return withRunOptions(start)
    .addOption(new Option('--detach', 'start and return (the default)').conflicts('wait'))
    .addOption(
      new Option('--until <moment>', 'when --wait returns')
        .choices(['validated', 'closed'])
        .implies({ wait: true }),
    )
    .option('--window <a/b>', 'apply only inside this window, such as 2026-03-08T22:00/2h')
    .option(
      '--attest <line>',
      `answer for a line of the checklist; may be repeated: ${Object.keys(ATTESTATIONS).join(', ')}`,
      repeated,
    )
    .option(
      '--skip <line=reason>',
      'leave out a line that the policy asks for, with the reason that the report shows; may be repeated',
      repeated,
    )
    .addHelpText(
      'after',
      helpParagraph(
        'A wait that is ended from outside leaves the run going: exit 143 by SIGTERM, 130 by Ctrl-C without a terminal.',
      ),
    )
    .action(
      app.action<StartOptions>(async ({ options, output }) => {
        const context = await openContext(options)
        const { startFromCommand } = await import('./start-run.js')
        const { askChecklist } = await import('../terminal/prompts.js')
        const { name } = context.target.database
        const asks = output.interactive && options.yes !== true
        let idle = false
        let left: Words | undefined
        return startFromCommand(
          context,
          { options, output },
          {
            asked: {
              ...defined({ attested: options.attest, skipped: options.skip }),
              ask: asks ? askChecklist : undefined,
              onProgress: output.note,
            },
            before: async () => {
              idle = options.yes !== true && !output.json && (await nothingPending(context))
              left = idle ? await leftUnfinished(context) : undefined
              if (!asks || !idle) return true
              output.line(words`Nothing is pending: ${name} has every migration. Nothing was started.`)
              if (left !== undefined) output.line(left)
              return false
            },
            ...defined({ until: options.until }),
            notes: () => [
              ...(idle
                ? [`Nothing is pending: ${name} has every migration, and the run ends with that.`]
                : []),
              ...(left === undefined ? [] : [left]),
            ],
            // `--yes` has approved it with the request, and a run with nothing to do asks nobody.
            asksNobody: ({ preApproved }) => preApproved || idle,
          },
        )
      }),
    )
}

/**
 * Seen before people answer for a checklist that leads nowhere. Where this machine cannot read the database, the run
 * itself finds out, before it asks anybody.
 */
async function nothingPending(context: Context): Promise<boolean> {
  const { readStatus } = await import('../../analysis/status.js')
  const files = await readProjectFiles(context)
  try {
    const { pending } = await readStatus({ target: context.target, files })
    return pending.length === 0
  } catch {
    return false
  }
}

/** An option that may be given several times. */
function repeated(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value]
}
