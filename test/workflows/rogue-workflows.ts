import { proxyActivities } from '@temporalio/workflow'

/** What an attacker runs on a worker of their own: any activity of ours, with whatever input. */
export async function rogue(asked: {
  taskQueue: string
  activity: string
  input: unknown
}): Promise<unknown> {
  const { taskQueue, activity, input } = asked
  const activities = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
    taskQueue,
    startToCloseTimeout: '1 minute',
    retry: { maximumAttempts: 1 },
  })
  return activities[activity]?.(input)
}
