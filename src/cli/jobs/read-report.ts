import { readRunHistory } from '../../client/run-history.js'
import { readRun } from '../../client/runs.js'
import type { Session } from '../../client/session.js'
import type { ReportInput } from '../../runbook/report/input.js'

/** What a report is made from, read from Temporal alone. Throws what reading a run and its history throw. */
export async function readReport(session: Session, workflowId: string, runId?: string): Promise<ReportInput> {
  const view = await readRun(session, workflowId, runId)
  const { request, plan, baseline } = await readRunHistory(session, workflowId, view.runId)
  const known =
    request === null ? {} : { thresholds: request.monitoring.thresholds, timeZone: request.timeZone }
  return { view, plan, baseline, asOf: new Date().toISOString(), ...known }
}
