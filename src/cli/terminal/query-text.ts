import type { PlannedMigration } from '../../contract/plan.js'
import type { KnownQuery, PlanQueries } from '../../contract/queries.js'
import { queryLine, querySummary } from '../../runbook/query-summary.js'
import { grouped } from '../../text/number.js'
import { visible } from '../../text/visible.js'

/** A statement is worth a line of its own from so many rows, or so long, on. */
const COSTLY_ROWS = 10_000
const COSTLY_MS = 1_000
/** Lines of one file, and queries that are shown although nothing becomes of them. */
const SHOWN = 5

/** What the costly statements of a file read and write on the copy. */
export function costLines(costs: NonNullable<PlannedMigration['statementCosts']>): string[] {
  return costs
    .filter(({ rowsRead, rowsWritten, ms }) => rowsRead + rowsWritten >= COSTLY_ROWS || ms >= COSTLY_MS)
    .sort((a, b) => b.rowsRead + b.rowsWritten - (a.rowsRead + a.rowsWritten))
    .slice(0, SHOWN)
    .map(({ line, rowsRead, rowsWritten, ms }) => {
      const rows = `${grouped(rowsRead)} rows read, ${grouped(rowsWritten)} written`
      return `line ${line}: ${rows}, ${grouped(ms)} ms`
    })
}

/** What the plan knows of the application's queries without being told: all to which something happens, and the first others. */
export function queryLines(queries: PlanQueries | undefined): string[] {
  const [head, ...rest] = querySummary(queries)
  if (head === undefined) return []
  const known = queries?.state === 'read' ? shownQueries(queries.known) : []
  return [head, ...[...known, ...rest].map((line) => `  ${line}`)].map(visible)
}

function shownQueries(known: readonly KnownQuery[]): string[] {
  const told = known.filter(({ outcome }) => outcome !== 'unchanged')
  const others = known.filter(({ outcome }) => outcome === 'unchanged')
  return [...told, ...others.slice(0, Math.max(0, SHOWN - told.length))].map(queryLine)
}
