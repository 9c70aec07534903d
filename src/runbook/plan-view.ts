import type { Plan, PlannedMigration, SchemaChange } from '../contract/plan.js'
import type { PlanView } from '../contract/plan-view.js'
import { defined } from '../contract/defined.js'
import { reverseFileLines } from '../text/pending-reverse.js'
import { conditionLines, freeLine } from '../text/rollback-cost.js'
import { sqlDiff, type DiffRow } from '../text/sql-diff.js'
import { configuredLines, queryLines } from './query-summary.js'

/** A statement is worth a row of its own from so many rows, or so long, on. */
const COSTLY_ROWS = 10_000
const COSTLY_MS = 1_000
const SHOWN_COSTS = 5

/** Rows of one file, of one difference, and around what changed in it. */
const SHOWN_SQL = 12
const SHOWN_DIFF = 40
const AROUND = 1
/** Objects whose difference is shown row by row; of the others it is said what happened to them. */
const SHOWN_OBJECTS = 20

/** `baseline`: its sentences, where one was taken; `answersForWayBack`: whoever approves it does; `whole`: nothing is left out. */
export function planView(
  plan: Plan,
  {
    baseline,
    answersForWayBack = false,
    whole = false,
  }: { baseline?: string[]; answersForWayBack?: boolean; whole?: boolean } = {},
): PlanView {
  const { planHash, verdict, migrations, findings, rows, schemaChanges } = plan
  // A file that D1's engine did not run to its end has no time there; behind it nothing runs.
  const stoppedAt = migrations.find(({ durationMs }) => durationMs === 0)?.name
  const changed = rows.filter(
    ({ before, after, renamedFrom }) => before !== after || renamedFrom !== undefined,
  )
  const back = migrations.length === 0 ? undefined : wayBackOf(plan)
  const wayBack = back === undefined || !answersForWayBack ? back : { ...back, answered: true as const }
  return {
    planHash,
    verdict,
    files: migrations.map((one) => fileOf(one, stoppedAt, whole ? Infinity : SHOWN_SQL)),
    ...defined({
      schema: schemaChanges?.map((one, at) =>
        differenceOf(one, whole ? Infinity : at < SHOWN_OBJECTS ? SHOWN_DIFF : 0),
      ),
      wayBack,
      baseline,
    }),
    rows: changed,
    sameRows: rows.length - changed.length,
    findings: findings.map(({ code, severity, migration, line, message, accepted }) => ({
      ...{ code, severity, migration, message },
      ...defined({ line, accepted }),
    })),
    queries: [...configuredLines(plan.configuredQueries), ...queryLines(plan.queries)],
  }
}

function fileOf(
  { name, statements, durationMs, statementCosts = [], sql }: PlannedMigration,
  stoppedAt: string | undefined,
  most: number,
): PlanView['files'][number] {
  return {
    ...{ name, statements, stopped: name === stoppedAt },
    durationMs: durationMs > 0 ? durationMs : null,
    costly: statementCosts
      .filter(({ rowsRead, rowsWritten, ms }) => rowsRead + rowsWritten >= COSTLY_ROWS || ms >= COSTLY_MS)
      .sort((a, b) => b.rowsRead + b.rowsWritten - (a.rowsRead + a.rowsWritten))
      .slice(0, SHOWN_COSTS),
    ...(sql === undefined ? {} : { sql: cut(sql.trimEnd().split('\n'), most) }),
  }
}

function differenceOf(
  { change, type, name, before, after, renamedFrom }: SchemaChange,
  most: number,
): NonNullable<PlanView['schema']>[number] {
  return { ...defined({ renamedFrom }), change, type, name, ...cut(near(sqlDiff(before, after)), most) }
}

/** The first row says which object it is; of the others only those beside a change. */
function near(rows: readonly DiffRow[]): DiffRow[] {
  const changes = rows.flatMap(({ mark }, at) => (mark === 'same' ? [] : [at]))
  const kept = rows.map(
    ({ mark }, at) => at === 0 || mark !== 'same' || changes.some((one) => Math.abs(one - at) <= AROUND),
  )
  return rows.flatMap((row, at): DiffRow[] => {
    if (kept[at] === true) return [row]
    return kept[at - 1] === true ? [{ mark: 'same', sql: '  …' }] : []
  })
}

function wayBackOf({ rollback }: Plan): NonNullable<PlanView['wayBack']> {
  const { available, rehearsed, price, cost, conditions } = rollback
  const said = [...price, ...conditionLines(conditions)]
  return {
    ...{ available, rehearsed },
    price: said.length === 0 && available ? [freeLine(cost)] : said,
    notes: reverseFileLines(rollback),
  }
}

function cut<T>(rows: readonly T[], most: number): { rows: T[]; left: number } {
  // The row that says how many are left out takes the place of one.
  if (rows.length <= most + 1) return { rows: [...rows], left: 0 }
  return { rows: rows.slice(0, most), left: rows.length - most }
}
