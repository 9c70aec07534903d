import stringWidth from 'string-width'
import type { RunRow } from '../../client/list.js'
import { zonedDateTime, zoneName } from '../../text/clock.js'
import { formatDuration } from '../../text/duration.js'
import { visible } from '../../text/visible.js'
import type { Colors } from '../terminal/output.js'
import { clip } from '../terminal/picture.js'

const GAP = '  '
const LEAST_DATABASE = 8
const MOST_ENVIRONMENT = 12

/** Runs as rows under heads, within so many columns; the IDs stand where there is room for them. A pipe has no width (`Infinity`): nothing is cut there. */
export function runsTable(
  runs: readonly RunRow[],
  place: { columns: number; timeZone: string; colors: Colors; now?: number },
): string[] {
  if (runs.length === 0) return []
  const { columns, timeZone, colors, now = Date.now() } = place
  const mostEnvironment = columns === Infinity ? Infinity : MOST_ENVIRONMENT
  const cells = runs.map((run) => ({
    started: zonedDateTime(Date.parse(run.startedAt), timeZone).slice(0, 16),
    environment: clip(visible(run.environment ?? '-'), mostEnvironment),
    database: visible(run.databaseName ?? run.database ?? '-'),
    state: stateOf(run),
    took: formatDuration(
      (run.closedAt === null ? now : Date.parse(run.closedAt)) - Date.parse(run.startedAt),
    ),
    id: `${visible(run.workflowId)}${GAP}${run.runId}`,
  }))
  const head = {
    started: `Started (${zoneName(now, timeZone)})`,
    environment: 'Environment',
    database: 'Database',
    state: 'State',
    took: 'Took',
    id: 'Workflow and run ID',
  }
  const rows = [head, ...cells]
  const widest = (name: keyof typeof head): number => Math.max(...rows.map((row) => stringWidth(row[name])))
  const width = {
    started: widest('started'),
    environment: widest('environment'),
    state: widest('state'),
    took: widest('took'),
  }
  const others = Object.values(width).reduce((sum, one) => sum + one + GAP.length, 0)
  const database = Math.max(LEAST_DATABASE, Math.min(widest('database'), columns - 1 - others))
  const withIds = others + database + GAP.length + widest('id') < columns
  const lineOf = (row: typeof head, paint: (text: string) => string): string =>
    [
      pad(row.started, width.started),
      pad(row.environment, width.environment),
      pad(clip(row.database, database), database),
      paint(pad(row.state, width.state)),
      withIds ? pad(row.took, width.took) : row.took,
      ...(withIds ? [colors.dim(row.id)] : []),
    ].join(GAP)
  return [
    colors.bold(lineOf(head, (text) => text)),
    ...cells.map((row, index) => lineOf(row, paintOf(runs[index], colors))),
  ]
}

/** A run that was ended from outside has no outcome of its own. */
function stateOf({ outcome, phase, status }: RunRow): string {
  return outcome ?? (status === 'RUNNING' ? (phase ?? 'running') : status.toLowerCase())
}

function paintOf(run: RunRow | undefined, colors: Colors): (text: string) => string {
  if (run?.outcome === 'completed') return colors.green
  return run?.status === 'RUNNING' ? colors.cyan : colors.red
}

function pad(text: string, width: number): string {
  return `${text}${' '.repeat(Math.max(0, width - stringWidth(text)))}`
}
