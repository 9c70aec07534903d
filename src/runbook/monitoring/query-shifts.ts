import type { Plan } from '../../contract/plan.js'
import type { QueryBaseline, QueryShift } from '../../contract/queries.js'
import { grouped } from '../../contract/number.js'

/** A call that reads this many times what it read before, */
const FACTOR = 10
/** and this many rows more, is told: on small tables reading all of it costs nothing. */
const ROWS = 1000

/** What the plan read of production's queries, as the baseline of each. Undefined where nothing is known. */
export function queryBaselines({ queries }: Pick<Plan, 'queries'>): QueryBaseline[] | undefined {
  if (queries?.state !== 'read') return undefined
  const counted = queries.known.flatMap(({ id, name, calls, rowsRead, indexes }): QueryBaseline[] =>
    calls === null || calls === 0 ? [] : [{ id, name, calls, rowsPerCall: rowsRead / calls, indexes }],
  )
  return counted.length === 0 ? undefined : counted
}

/** Rows for each call from which on a query is told that read `before`. */
export function queryLimit(before: number): number {
  return Math.max(FACTOR * before, before + ROWS)
}

/** The queries that read many times more for each call than before. `gone` is not known here. */
export function queryShifts(
  baselines: readonly QueryBaseline[],
  now: readonly { id: string; calls: number; rowsRead: number }[],
): (Omit<QueryShift, 'gone'> & { indexes: string[] })[] {
  return baselines
    .flatMap(({ id, name, rowsPerCall: before, indexes }) => {
      const seen = now.find((one) => one.id === id)
      if (seen === undefined || seen.calls === 0) return []
      const after = seen.rowsRead / seen.calls
      return after >= queryLimit(before) ? [{ name, calls: seen.calls, before, after, indexes }] : []
    })
    .sort((a, b) => b.after * b.calls - a.after * a.calls)
}

/** `SELECT … reads 48,000 rows a call instead of 12: its index by_author is gone`. */
export function queryShiftText({ name, before, after, gone }: QueryShift): string {
  const why =
    gone.length === 0
      ? ''
      : `: its ${gone.length === 1 ? 'index' : 'indexes'} ${gone.join(' and ')} ${gone.length === 1 ? 'is' : 'are'} gone`
  return `\`${name}\` reads ${grouped(after)} rows a call instead of ${grouped(before)}${why}`
}
