import type { MigrationResult, RunView } from '../contract/run.js'
import { compressedGap, gapLine } from './gaps.js'
import { migrationState } from './migration-state.js'
import { runTook } from './step-times.js'
import { requestOf } from './people/provenance.js'
import { zonedDateTime } from '../text/clock.js'
import { code, prose, table } from '../text/markdown.js'

const HEAD = ['When', 'Environment', 'Database', 'Outcome', 'Migrations', 'Took', 'By', 'Run']

/** What a new `MIGRATIONS.md` begins with; {@link migrationLogLine} is appended to it. */
export function migrationLogHeading(): string {
  return `# Migrations\n\nOne line a run, appended by d1-runbook.\n\n${table(HEAD, [])}\n`
}

/** One run as one line of the project's `MIGRATIONS.md`: an end of line included. */
export function migrationLogLine(input: { view: RunView; timeZone?: string }): string {
  const { view } = input
  const at = view.closedAt ?? view.startedAt
  const byThisRun = ({ state, byLostRun }: MigrationResult): boolean =>
    state === 'applied' && byLostRun !== true
  const applied = view.migrations.filter(byThisRun).map(({ name }) => code(name))
  const other = view.migrations
    .filter((one) => !byThisRun(one))
    .map((one) => `${code(one.name)} ${prose(migrationState(one, view.migrations))}`)
  const recorded = (view.adopted ?? []).map((name) => `${code(name)} recorded, not run`)
  const cells = [
    zonedDateTime(Date.parse(at), input.timeZone ?? 'UTC'),
    prose(view.environment),
    `${prose(view.database.name)} ${code(view.database.id)}`,
    [view.outcome ?? 'under way', ...(view.monitoring === null ? [] : compressedGap(view).map(gapLine))].join(
      '. ',
    ),
    [...applied, ...other, ...recorded].join(', ') || 'none',
    runTook(view, Date.parse(at)),
    prose(requestOf(view).value),
    code(view.runId),
  ]
  return `${table(cells, []).split('\n')[0] ?? ''}\n`
}

/** `MIGRATIONS.md` with this run in it. A run that is there already stays as it is: closing may be done again. */
export function appendToMigrationLog(input: {
  existing: string | undefined
  view: RunView
  timeZone?: string
}): string {
  const { existing, view } = input
  const start = existing === undefined || existing.trim() === '' ? migrationLogHeading() : existing
  if (start.includes(code(view.runId))) return start
  return `${start.endsWith('\n') ? start : `${start}\n`}${migrationLogLine(input)}`
}
