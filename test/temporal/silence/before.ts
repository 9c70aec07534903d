import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { RunView } from '../../../src/contract/run.js'

const statusQuery = defineQuery<RunView>('status')
const decide = defineUpdate<string, [unknown]>('submitDecision')
const end = defineSignal('end')

/** Answers a query and waits to be told to end: the run as it was begun. */
export async function productionMigration(view: RunView): Promise<RunView> {
  let over = false
  setHandler(end, () => {
    over = true
  })
  setHandler(statusQuery, () => ({
    ...view,
    workflowId: workflowInfo().workflowId,
    runId: workflowInfo().runId,
  }))
  setHandler(decide, () => 'counted')
  await condition(() => over, '1 hour')
  return { ...view, outcome: 'completed', closedAt: '2026-03-08T12:00:00.000Z' }
}
