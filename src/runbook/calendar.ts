import type { Freeze, MaintenanceWindow, MigrationRequest, RunView } from '../contract/run.js'
import { checkpointTimes } from './monitoring/schedule.js'
import { gateTitle } from './steps.js'

/** What stands in a calendar. */
export interface CalendarEvent {
  kind: 'window' | 'freeze' | 'gate' | 'checkpoint'
  /** The same for the same thing, whatever it is moved to. */
  key: string
  /** ISO 8601, UTC; a moment where there is no `end`. */
  start: string
  end?: string
  title: string
  detail: string
}

/** Window and freezes of an environment, as they are configured. */
export function environmentEvents(input: {
  environment: string
  database: string
  window: MaintenanceWindow | undefined
  freezes: readonly Freeze[] | undefined
}): CalendarEvent[] {
  const { environment, database, window, freezes = [] } = input
  return [
    ...windowEvent(`${environment}/${database}`, window, `${database} (${environment})`),
    ...freezes.map((freeze): CalendarEvent => ({
      kind: 'freeze',
      key: [environment, freeze.from, freeze.reason].join('/'),
      start: freeze.from,
      end: freeze.until,
      title: `Freeze: ${freeze.reason} (${environment})`,
      detail: 'Nothing is applied.',
    })),
  ]
}

/**
 * What of a run is ahead: its own window, deadlines of open gates, checkpoints. `request`: what it was started with, null where it is not
 * known; without it only the next checkpoint is.
 */
export function runEvents(view: RunView, request: MigrationRequest | null): CalendarEvent[] {
  if (view.outcome !== null) return []
  const { environment, database, workflowId, runId } = view
  const about = `${database.name} (${environment})`
  const gates = view.gates.flatMap(({ gate, state, expiresAt }): CalendarEvent[] =>
    state !== 'open' || expiresAt === undefined
      ? []
      : [
          {
            kind: 'gate',
            key: `${runId}/${gate}`,
            start: expiresAt,
            title: `Deadline: ${gateTitle(gate, environment)}, ${about}`,
            detail: `Past it the gate expires. Run: ${workflowId}`,
          },
        ],
  )
  return [...windowEvent(runId, request?.window, about), ...gates, ...checkpoints(view, request)]
}

function windowEvent(key: string, window: MaintenanceWindow | undefined, about: string): CalendarEvent[] {
  if (window === undefined) return []
  const { opensAt: start, closesAt: end } = window
  return [
    {
      ...{ kind: 'window', key, start, end },
      title: `Maintenance window: ${about}`,
      detail: 'Nothing is applied outside of it.',
    },
  ]
}

function checkpoints(view: RunView, request: MigrationRequest | null): CalendarEvent[] {
  const { monitoring, environment, database, workflowId, runId } = view
  const nextAt = monitoring?.nextAt
  if (monitoring === null || nextAt === undefined) return []
  const planned = monitoring.checkpoints.filter(({ extra }) => extra !== true)
  const done = Math.max(0, ...planned.map(({ number }) => number))
  return timesFrom(Date.parse(nextAt), done, request).map((at, index) => {
    const number = done + 1 + index
    return {
      kind: 'checkpoint',
      key: `${runId}/checkpoint/${number}`,
      start: new Date(at).toISOString(),
      title: `Checkpoint ${number} of ${monitoring.planned}: ${database.name} (${environment})`,
      detail: `Run: ${workflowId}`,
    }
  })
}

/** All are planned from one anchor, which the next one tells. */
function timesFrom(next: number, done: number, request: MigrationRequest | null): number[] {
  if (request === null) return [next]
  const { offsetsMs, timeScale } = request.monitoring
  const from = checkpointTimes({ anchorMs: 0, offsetsMs, timeScale })
  const offset = from[done]
  return offset === undefined ? [next] : from.slice(done).map((at) => next + at - offset)
}
