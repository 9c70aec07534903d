import type { Command } from 'commander'
import type { App } from '../terminal/app.js'
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
    .action(
      app.action<{ runId?: string }>(async ({ options, args: [id], output }) => {
        const view = await withRun(options, id, (session, workflowId) =>
          readRun(session, workflowId, options.runId),
        )
        output.document(view)
        if (!output.json) {
          for (const line of runLines(view, output.colors))
            for (const row of output.block(line)) output.verbatim(row)
        }
        return 0
      }),
    )
}
