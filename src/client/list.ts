import type { WorkflowExecutionInfo } from '@temporalio/client'
import { DATABASE_MEMO, WORKFLOW_TYPES, type SearchAttributeName } from '../contract/names.js'
import type { Session } from './session.js'
import { explainTemporal } from './temporal-failure.js'

/** One run as Temporal's visibility keeps it: no worker is needed to list. Times are ISO 8601, UTC. */
export interface RunRow {
  workflowId: string
  runId: string
  /** Temporal's own word, such as `RUNNING` or `COMPLETED`. */
  status: string
  environment: string | null
  /** Its UUID, or the ID of a local one. */
  database: string | null
  /** As the Wrangler file calls it; null for runs that earlier versions started, and where it is encrypted with a key that is not here. */
  databaseName: string | null
  phase: string | null
  outcome: string | null
  planHash: string | null
  startedAt: string
  closedAt: string | null
}

export interface RunFilter {
  environment?: string | undefined
  /** Only runs that are under way. */
  open?: boolean | undefined
  /** How many at most, newest first. Default: {@link LIST_LIMIT}. */
  limit?: number | undefined
}

export const LIST_LIMIT = 50

/** Looked at to find the newest ones: visibility gives open runs first, then by their end. */
const MOST_RUNS = 1_000

/** Runs of every database of the namespace, newest first. Throws `TemporalUnreachable`. */
export async function listRuns(session: Session, filter: RunFilter = {}): Promise<RunRow[]> {
  const limit = filter.limit ?? LIST_LIMIT
  const rows: RunRow[] = []
  try {
    for await (const run of session.listing.workflow.list({ query: queryOf(filter), pageSize: 100 })) {
      const attribute = searchAttribute.bind(undefined, run)
      rows.push({
        workflowId: run.workflowId,
        runId: run.runId,
        status: run.status.name,
        environment: attribute('RunbookEnvironment'),
        database: attribute('RunbookDatabase'),
        databaseName: nameIn(run.memo),
        phase: attribute('RunbookPhase'),
        outcome: attribute('RunbookOutcome'),
        planHash: attribute('RunbookPlanHash'),
        startedAt: run.startTime.toISOString(),
        closedAt: run.closeTime?.toISOString() ?? null,
      })
      if (rows.length >= MOST_RUNS) break
    }
  } catch (error) {
    throw explainTemporal(error, 'list')
  }
  return rows.sort((a, b) => b.startedAt.localeCompare(a.startedAt)).slice(0, limit)
}

/** What a run keeps in a search attribute; null where it keeps nothing there. */
export function searchAttribute(
  { searchAttributes }: Pick<WorkflowExecutionInfo, 'searchAttributes'>,
  name: SearchAttributeName,
): string | null {
  const value: unknown = searchAttributes[name]?.[0]
  return typeof value === 'string' && value !== '' ? value : null
}

function nameIn(memo: Record<string, unknown> | undefined): string | null {
  const name = memo?.[DATABASE_MEMO]
  return typeof name === 'string' ? name : null
}

function queryOf({ environment, open }: RunFilter): string {
  return [
    `WorkflowType = '${WORKFLOW_TYPES.migration}'`,
    ...(environment === undefined ? [] : [`RunbookEnvironment = '${environment.replaceAll("'", "''")}'`]),
    ...(open === true ? [`ExecutionStatus = 'Running'`] : []),
  ].join(' AND ')
}
