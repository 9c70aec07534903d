/**
 * What a run costs in Temporal: history events and billable actions, counted in a recorded real run (every gate by signal,
 * 34 checkpoints). Goals: at most 600 events and 110 actions. Run: `tsx bench/costs.ts [NAME]` (default: completed).
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { packageRoot } from '../src/process/package-root.js'

const GOAL = { events: 600, actions: 110 }

/**
 * Commands and requests that Temporal Cloud bills, by the event that each leaves. Queries and workflow tasks leave none or
 * are free; each retry of an activity counts once more; a heartbeat counts too, and leaves no event.
 */
const BILLED: Record<string, string> = {
  EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: 'workflow start',
  EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: 'activity',
  EVENT_TYPE_TIMER_STARTED: 'timer',
  EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: 'signal',
  EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: 'update',
  EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: 'child start',
  EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: 'search attributes',
  EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: 'signal to another workflow',
  EVENT_TYPE_MARKER_RECORDED: 'marker',
}

interface RecordedEvent {
  eventType: string
  activityTaskScheduledEventAttributes?: { activityType: { name: string } }
  activityTaskStartedEventAttributes?: { attempt?: number }
  workflowExecutionStartedEventAttributes?: { parentWorkflowExecution?: unknown }
}

const name = process.argv[2] ?? 'completed'
const events = [name, `${name}-monitoring`].flatMap(readEvents)
const byEvent = count(events, ({ eventType }) => eventType)
const actions = events.flatMap(billedAs)
const byAction = count(actions, (action) => action)
const byActivity = count(
  events.flatMap(({ activityTaskScheduledEventAttributes: one }) => (one === undefined ? [] : [one])),
  ({ activityType }) => activityType.name,
)

print('history events', byEvent, events.length, GOAL.events)
print('billable actions', byAction, actions.length, GOAL.actions)
print('activities', byActivity)
if (events.length > GOAL.events || actions.length > GOAL.actions) process.exitCode = 1

function readEvents(recording: string): RecordedEvent[] {
  const file = path.join(packageRoot(), 'test', 'histories', `${recording}.json.gz`)
  if (!existsSync(file)) return []
  const { events: read } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as {
    events: RecordedEvent[]
  }
  return read
}

function billedAs(event: RecordedEvent): string[] {
  // A child is billed where it is asked for.
  if (isObject(event.workflowExecutionStartedEventAttributes?.parentWorkflowExecution)) return []
  const retries = Math.max(0, (event.activityTaskStartedEventAttributes?.attempt ?? 1) - 1)
  const action = BILLED[event.eventType]
  return [...(action === undefined ? [] : [action]), ...Array<string>(retries).fill('activity retry')]
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function count<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return new Map([...counts].sort(([, a], [, b]) => b - a))
}

function print(title: string, counts: Map<string, number>, total?: number, goal?: number): void {
  console.log(`\n${title}`)
  for (const [key, value] of counts)
    console.log(`  ${String(value).padStart(5)}  ${key.replace('EVENT_TYPE_', '')}`)
  if (total === undefined || goal === undefined) return
  console.log(
    `  ${String(total).padStart(5)}  in all (goal: at most ${goal}; ${total <= goal ? 'met' : 'MISSED'})`,
  )
}
