// Healthy: the server saw this very container poll our task queue within the last minute and a half.
import { hostname } from 'node:os'
import { Connection } from '@temporalio/client'
import { loadClientConnectConfig } from '@temporalio/envconfig'

const SEEN_WITHIN_MS = 90_000
const WORKFLOW_TASKS = 1

const { connectionOptions, namespace = 'default' } = loadClientConnectConfig()
const connection = await Connection.connect({ ...connectionOptions, connectTimeout: 5_000 })
const { pollers } = await connection.workflowService.describeTaskQueue({
  namespace,
  taskQueue: { name: process.env.D1_RUNBOOK_TASK_QUEUE ?? 'd1-runbook' },
  taskQueueType: WORKFLOW_TASKS,
})
await connection.close()

const polls = pollers.some(
  ({ identity, lastAccessTime }) =>
    identity.split(' ')[0].endsWith(`@${hostname()}`) &&
    Date.now() - Number(lastAccessTime.seconds) * 1000 < SEEN_WITHIN_MS,
)
if (!polls) console.error('this worker does not poll')
process.exitCode = polls ? 0 : 1
