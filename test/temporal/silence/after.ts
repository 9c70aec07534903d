import { condition, defineQuery, defineUpdate, setHandler } from '@temporalio/workflow'
import type { RunView } from '../../../src/contract/run.js'

const statusQuery = defineQuery<RunView>('status')
const decide = defineUpdate<string, [unknown]>('submitDecision')

/** The same run by code that goes another way: its history cannot be replayed. */
export async function productionMigration(view: RunView): Promise<void> {
  setHandler(statusQuery, () => view)
  setHandler(decide, () => 'counted')
  await condition(() => false)
}
