import type { WorkflowExecutionDescription } from '@temporalio/client'
import { defined } from '../contract/defined.js'
import { diskOfQueue } from '../contract/names.js'
import type { AwaitedDisk } from '../contract/run.js'

/** Of Temporal's `PendingActivityState`: no worker has it. */
const SCHEDULED = 1

type Described = Pick<WorkflowExecutionDescription, 'raw'>
interface ServerTime {
  seconds?: unknown
  nanos?: number | null
}

/**
 * What the run waits for a worker of one disk to take; undefined where it waits for none, or where the server does not say to which queue
 * an activity went (before 1.27). `now`: epoch milliseconds.
 */
export function awaitedDiskOf({ raw }: Described, now = Date.now()): AwaitedDisk | undefined {
  const found = (raw.pendingActivities ?? []).flatMap((one): AwaitedDisk[] => {
    const { taskQueue, scheduleToStartTimeout } = one.activityOptions ?? {}
    const disk = diskOfQueue(taskQueue?.name ?? '')
    if (disk === undefined || Number(one.state) !== SCHEDULED || !one.scheduledTime) return []
    const sinceMs = millis(one.scheduledTime)
    const waitMs = millis(scheduleToStartTimeout ?? {})
    const until = waitMs === 0 ? undefined : new Date(sinceMs + waitMs).toISOString()
    const since = new Date(sinceMs).toISOString()
    return [{ disk, since, ...defined({ until }), waitedMs: Math.max(0, now - sinceMs) }]
  })
  return found.sort((a, b) => b.waitedMs - a.waitedMs)[0]
}

function millis({ seconds, nanos }: ServerTime): number {
  return Number(seconds ?? 0) * 1000 + Math.floor((nanos ?? 0) / 1_000_000)
}
