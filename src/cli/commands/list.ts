import type { Command } from 'commander'
import { WORKFLOW_TYPES } from '../../contract/names.js'
import type { App } from '../terminal/app.js'
import { withSession, type Session } from '../../client/session.js'
import { explainTemporal } from '../../client/temporal-failure.js'

/** One run as Temporal's visibility keeps it: no worker is needed to list. */
interface RunRow {
  workflowId: string
  runId: string
  status: string
  environment: string | null
  database: string | null
  phase: string | null
  outcome: string | null
  planHash: string | null
  startedAt: string
  closedAt: string | null
}

export function listCommand(app: App, summary: string): Command {
  return app
    .command('list', summary, ['list', 'list --env production', 'list --open'])
    .option('--open', 'only runs that are under way')
    .option('--limit <count>', 'how many at most', '50')
    .action(
      app.action<{ open?: boolean; limit: string }>(async ({ options, output, given }) => {
        const environment = given('env') ? options.env : undefined
        const limit = Math.max(1, Number.parseInt(options.limit, 10) || 50)
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
            `${run.startedAt}  ${paint(state.padEnd(13))} ${run.workflowId}  ${colors.dim(run.runId)}`,
          )
        }
        if (runs.length === 0) output.line('No runs yet. Start one: d1-runbook start')
        return 0
      }),
    )
}

async function listRuns(
  session: Session,
  filter: { environment: string | undefined; open: boolean; limit: number },
): Promise<RunRow[]> {
  const conditions = [
    `WorkflowType = '${WORKFLOW_TYPES.migration}'`,
    ...(filter.environment === undefined
      ? []
      : [`RunbookEnvironment = '${filter.environment.replaceAll("'", "''")}'`]),
    ...(filter.open ? [`ExecutionStatus = 'Running'`] : []),
  ]
  const rows: RunRow[] = []
  try {
    for await (const run of session.client.workflow.list({
      query: conditions.join(' AND '),
      pageSize: filter.limit,
    })) {
      const attribute = (name: string): string | null => {
        const value: unknown = run.searchAttributes[name]?.[0]
        return typeof value === 'string' && value !== '' ? value : null
      }
      rows.push({
        workflowId: run.workflowId,
        runId: run.runId,
        status: run.status.name,
        environment: attribute('RunbookEnvironment'),
        database: attribute('RunbookDatabase'),
        phase: attribute('RunbookPhase'),
        outcome: attribute('RunbookOutcome'),
        planHash: attribute('RunbookPlanHash'),
        startedAt: run.startTime.toISOString(),
        closedAt: run.closeTime?.toISOString() ?? null,
      })
      if (rows.length >= filter.limit) break
    }
  } catch (error) {
    throw explainTemporal(error, 'list')
  }
  return rows
}
