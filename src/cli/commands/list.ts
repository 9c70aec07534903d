import type { Command } from 'commander'
import type { App } from '../terminal/app.js'
import { LIST_LIMIT, listRuns } from '../../client/list.js'
import { withSession } from '../../client/session.js'
import { command, words } from '../../contract/next-command.js'

export function listCommand(app: App, summary: string): Command {
  return app
    .command('list', summary, ['list', 'list --env production', 'list --open'])
    .option('--open', 'only runs that are under way')
    .option('--limit <count>', 'how many at most', String(LIST_LIMIT))
    .action(
      app.action<{ open?: boolean; limit: string }>(async ({ options, output, given }) => {
        const environment = given('env') ? options.env : undefined
        const limit = Math.max(1, Number.parseInt(options.limit, 10) || LIST_LIMIT)
        const runs = await withSession(options.project, (session) =>
          listRuns(session, { environment, open: options.open === true, limit }),
        )
        output.document({ success: true, runs })
        if (output.json) return 0
        for (const run of runs) {
          const { colors } = output
          const state = run.outcome ?? run.phase ?? run.status.toLowerCase()
          const paint = state === 'completed' ? colors.green : run.outcome === null ? colors.cyan : colors.red
          output.line(
            `${run.startedAt}  ${paint(state.padEnd(19))} ${run.workflowId}  ${colors.dim(run.runId)}`,
          )
        }
        if (runs.length === 0) output.line(words`No runs yet. Start one: ${command('start')}`)
        return 0
      }),
    )
}
