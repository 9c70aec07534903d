import { patched } from '@temporalio/workflow'
import { defined } from '../contract/defined.js'
import type { RollbackOption } from '../contract/rollback.js'
import { isUnproven, touchedBy } from '../runbook/migration-state.js'
import { GATE_NEXT } from '../runbook/stopped-state.js'
import { rollbackOptions } from '../runbook/rollback-options.js'
import { zonedDateTime } from '../text/clock.js'
import { appliedByThisRun } from './apply.js'
import type { PreparedReverse } from './reverse.js'
import type { Run } from './run.js'

/** Whether the costs by now are being counted, or nobody counted them. */
type Uncounted = 'counting' | 'not-counted'

/** The ways back with the reverse that was prepared for this decision; without one as they were planned. */
export function waysBack(run: Run, reverse?: PreparedReverse, counting?: Uncounted): RollbackOption[] {
  const { environment, databaseOption, backup } = run.view
  const { timeZone, target } = run.request
  return rollbackOptions({
    ...{ environment, databaseOption, plan: run.plan, backup, timeZone, workersPlan: target.workersPlan },
    ...(reverse === undefined ? partOfThePlan(run, counting) : { reverse }),
    ...defined({ writtenSince: reverse === undefined ? counting : reverse.writtenSince }),
    ...defined({ noArchive: reverse?.noArchive }),
  })
}

/** A reverse begins where the files ended: where that is not known, there is none. Undefined where all is known. */
export function reverseOfUnproven(run: Run): PreparedReverse | undefined {
  const names = run.view.migrations.filter(({ state }) => isUnproven(state)).map(({ name }) => name)
  if (names.length === 0 || !patched('no-reverse-of-unproven')) return undefined
  const unknown = `${names.join(', ')} is not known to be applied or absent`
  return { price: [`${unknown}, and a reverse needs to know`], writtenSince: { unknown } }
}

/** Before people are asked; undefined where there is nothing to count for. */
export function uncounted(run: Run): Uncounted | undefined {
  if (touchedBy(run.view.migrations).length === 0) return undefined
  return run.gates.of('rollback').decisions.length === 0 ? 'counting' : 'not-counted'
}

/** The plan's reverse takes back the whole plan: of less, the price is another one, and not known yet. */
function partOfThePlan(
  run: Run,
  counting: Uncounted | undefined,
): { reverse?: { migration: true; price: string[] } } {
  const applied = appliedByThisRun(run).length
  const planned = run.plan?.migrations.length ?? 0
  if (applied === 0 || applied === planned) return {}
  const files = `for the ${applied} of ${planned} files that were applied`
  const price =
    counting === 'counting'
      ? `it is being written ${files}; the gate shows its price`
      : `it is not written yet ${files}, and its price is not known`
  return { reverse: { migration: true, price: [price] } }
}

/** When these ways back were counted last: what is said of their price was true then. Nothing where it never was. */
export function countedAt({ request }: Pick<Run, 'request'>, ways: readonly RollbackOption[]): string[] {
  const counted = ways.flatMap(({ writtenSince }) =>
    writtenSince === undefined || 'unknown' in writtenSince ? [] : [Date.parse(writtenSince.asOf)],
  )
  if (counted.length === 0) return []
  return [`The ways back as they were counted ${zonedDateTime(Math.max(...counted), request.timeZone)}`]
}

/** What is being done about an issue: people are asked, unless they have decided already. */
export function actionOf(run: Run): string {
  const { state, decisions } = run.gates.of('rollback')
  if (state === 'open') return 'waiting for the rollback decision'
  if (state !== 'approved') return GATE_NEXT
  const strategy = decisions.findLast(({ decision }) => decision === 'approve')?.strategy
  const whom = [...new Set(decisions.map(({ actor }) => actor))].join(', ')
  if (strategy === 'none') return `it is kept as it is, as ${whom} decided`
  return `it is being taken back${strategy === undefined ? '' : ` by ${strategy}`}, as ${whom} decided`
}
