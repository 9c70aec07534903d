import type { Command } from 'commander'
import type { App } from '../terminal/app.js'
import { runLines } from '../terminal/run-text.js'
import { readRun, workflowIdOf } from '../../client/runs.js'
import { withSession } from '../../client/session.js'

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
        const workflowId = await workflowIdOf(options, id)
        const view = await withSession(options.project, (session) =>
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
