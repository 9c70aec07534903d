import type { Command } from 'commander'
import { RunbookError } from '../../contract/failures.js'
import type { App, CommonOptions } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { runLines } from '../terminal/run-text.js'
import { withRun } from '../../client/run-id.js'
import { readRun } from '../../client/runs.js'

export function showCommand(app: App, summary: string): Command {
  return app
    .command('show [id]', summary, [
      'show --env production',
      'show migration/production/1f8a3b57-d640-4e9c-8c25-a7d93e06b4f2',
      'show --json | jq .migrations',
    ])
    .option('--run-id <id>', 'an earlier run of the same database')
    .addHelpText(
      'after',
      helpParagraph(
        'In a pipe, such as `show | less -R`, every line is whole: nothing is wrapped, and nothing is ever cut.',
      ),
    )
    .action(
      app.action<{ runId?: string }>(async ({ options, args: [id], output }) => {
        const view = await withRun(options, id, (session, workflowId, named) =>
          readRun(session, workflowId, options.runId ?? named),
        ).catch(async (error: unknown) => {
          throw id === undefined && options.runId === undefined ? await withWhatIsLeft(error, options) : error
        })
        output.document(view)
        if (!output.json) {
          for (const line of runLines(view, output.colors))
            for (const row of output.block(line)) output.verbatim(row)
        }
        return 0
      }),
    )
}

/** Temporal knows no run of the database, and an archive may know one. */
async function withWhatIsLeft(error: unknown, options: CommonOptions): Promise<unknown> {
  if (!(error instanceof RunbookError) || error.type !== 'RunNotFound') return error
  const { openContext } = await import('../../config/context.js')
  const { leftUnfinished } = await import('./left-unfinished.js')
  const left = await leftUnfinished(await openContext(options, { touchesDatabase: false }))
  return left === undefined
    ? error
    : new RunbookError('RunNotFound', error.message, { advice: left, cause: error })
}
