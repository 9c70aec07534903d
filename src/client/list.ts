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
  const rows = await rowsOf(session, { query: queryOf(filter), pageSize: 100, most: MOST_RUNS })
  return rows.sort((a, b) => b.startedAt.localeCompare(a.startedAt)).slice(0, limit)
}

/** Runs of one database: those under way, newest first, and the one that ended last. */
export interface LastRuns {
  open: RunRow[]
  last: RunRow | undefined
}

/** Looked at in one page: at most two of one database are under way at a time, and the first behind them is the last. */
const NEAR_END = 10

/** One call. Throws `TemporalUnreachable`. */
export async function lastRuns(
  session: Session,
  { environment, database }: { environment: string; database: string },
): Promise<LastRuns> {
  const query = `${queryOf({ environment })} AND RunbookDatabase = ${quoted(database)}`
  const rows = await rowsOf(session, { query, pageSize: NEAR_END, most: NEAR_END })
  const endOf = ({ closedAt, startedAt }: RunRow): string => closedAt ?? startedAt
  return {
    open: rows
      .filter(({ status }) => status === 'RUNNING')
      .sort((a, b) => b.startedAt.localeCompare(a.startedAt)),
    last: rows
      .filter(({ status }) => status !== 'RUNNING')
      .sort((a, b) => endOf(b).localeCompare(endOf(a)))
      .at(0),
  }
}

/** In the order of the visibility. */
async function rowsOf(
  session: Session,
  { query, pageSize, most }: { query: string; pageSize: number; most: number },
): Promise<RunRow[]> {
  const rows: RunRow[] = []
  try {
    for await (const run of session.listing.workflow.list({ query, pageSize })) {
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
      if (rows.length >= most) break
    }
  } catch (error) {
    throw explainTemporal(error, 'list')
  }
  return rows
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
    ...(environment === undefined ? [] : [`RunbookEnvironment = ${quoted(environment)}`]),
    ...(open === true ? [`ExecutionStatus = 'Running'`] : []),
  ].join(' AND ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
