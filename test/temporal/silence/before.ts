import { defineQuery, defineUpdate, setHandler, sleep, workflowInfo } from '@temporalio/workflow'
import type { RunView } from '../../../src/contract/run.js'

const statusQuery = defineQuery<RunView>('status')
const decide = defineUpdate<string, [unknown]>('submitDecision')

/** Answers a query and waits: the run as it was begun. */
export async function productionMigration(view: RunView): Promise<void> {
  setHandler(statusQuery, () => ({
    ...view,
    workflowId: workflowInfo().workflowId,
    runId: workflowInfo().runId,
  }))
  setHandler(decide, () => 'counted')
  await sleep('1 hour')
}
