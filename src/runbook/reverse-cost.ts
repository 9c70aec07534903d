import type { Finding } from '../contract/finding.js'
import type { Plan, RowChange } from '../contract/plan.js'
import type { LossNow, RollbackCost, TableCost } from '../contract/rollback.js'
import { costOf, freeOfCost } from '../contract/rollback-cost.js'
import { addedRowsGo, columnGoes } from '../text/rollback-cost.js'
import { plural } from '../text/plural.js'

/** Why a reverse migration does not work on the database as it is now, one sentence each; empty when it does. */
export function failuresOfReverse(
  rehearsed: Pick<Plan, 'findings' | 'predictedFingerprint'>,
  wantedFingerprint: string,
): string[] {
  const failed = rehearsed.findings.filter(({ code }) => FAILS.has(code)).map(({ message }) => message)
  if (failed.length > 0) return failed
  return rehearsed.predictedFingerprint === wantedFingerprint
    ? []
    : [
        'Tried on a copy of the database with the migration in it, the reverse migration does not lead back to the schema of before.',
      ]
}

/** D1 would not run it, or not in its time. */
const FAILS = new Set(['RH101', 'RH102', 'SY101'])

/** Rows and values that go where they hold nothing else: counted on the copy of now. */
const LOSSES = new Set(['DL102', 'DL103'])

type Rehearsed = Pick<Plan, 'findings' | 'rows'>

/**
 * What the reverse migration costs of the database as it is now, one sentence for each loss: `price` as it was written from the archive, where
 * what was counted now stands in the place of what says the same without a number. Rows of a table that goes as a whole
 * count only as far as the migration did not make them itself, which `planned` tells.
 */
export function priceSince(
  price: readonly string[],
  rehearsed: Rehearsed,
  planned: readonly RowChange[],
): string[] {
  // Just the rows that the migration made, and that is said already.
  const counted = losses(rehearsed).filter(
    ({ code, table = '', count = 0 }) => code !== 'DL102' || !price.includes(addedRowsGo(table, count)),
  )
  const said = counted.flatMap(({ code, table, column }) =>
    code === 'DL103' && table !== undefined && column !== undefined ? [columnGoes(table, column)] : [],
  )
  return [
    ...price.filter((line) => !said.includes(line)),
    ...tablesThatGo(rehearsed, planned).flatMap(({ table, since }) =>
      since > 0
        ? [
            `${plural(since, 'row')} of ${table} beyond those that the rehearsal left: written since the backup, or made by the migration from rows that were`,
          ]
        : [],
    ),
    ...counted.map(({ message }) => message),
  ]
}

/** The same as numbers, added to what the reverse costs without them. */
export function costNow(
  cost: RollbackCost | undefined,
  rehearsed: Rehearsed & { lost?: readonly LossNow[] | undefined },
  planned: readonly RowChange[],
): RollbackCost | undefined {
  if (cost === undefined) return undefined
  const since: TableCost[] = [
    ...tablesThatGo(rehearsed, planned).map(({ table, since }) => ({
      ...freeOfCost(table),
      rowsLost: since,
    })),
    ...losses(rehearsed).map(({ code, table = '', column = '', count }): TableCost => {
      if (code === 'DL102') return { ...freeOfCost(table), rowsLost: count ?? null }
      const columns = count === undefined ? [] : [{ column, values: count }]
      return { ...freeOfCost(table), valuesLost: count ?? null, columns }
    }),
  ]
  const { lost } = rehearsed
  const sums = costOf([...cost.tables, ...since, ...(lost ?? []).map(tableCostOf)], cost)
  return lost === undefined ? sums : { ...sums, now: [...lost] }
}

function tableCostOf({ kind, table, column, rows }: LossNow): TableCost {
  const free = freeOfCost(table)
  switch (kind) {
    case 'row-not-back':
      return { ...free, rowsLost: rows }
    // They may have had a value until the migration, or have had none.
    case 'no-value':
    // Nor are those told apart that others wrote after the migration.
    case 'stays':
      return { ...free, valuesLost: null }
    case 'not-compared':
      return { ...free, rowsLost: null, valuesLost: null }
    case 'hanging':
      return { ...free, valuesLost: rows }
    case 'value-not-back':
    case 'filled':
    case 'changed':
      return {
        ...{ ...free, valuesLost: rows },
        columns: column === undefined || rows === null ? [] : [{ column, values: rows }],
      }
  }
}

function tablesThatGo(
  { rows }: Rehearsed,
  planned: readonly RowChange[],
): { table: string; since: number }[] {
  const made = new Map(planned.map(({ table, after }) => [table, after ?? 0]))
  // What is only indexed is made again from the rows.
  return rows
    .filter(({ before, after, index }) => before !== null && after === null && index !== true)
    .map(({ table, before }) => ({ table, since: Math.max(0, (before ?? 0) - (made.get(table) ?? 0)) }))
}

/** Those of tables that stay. */
function losses({ findings, rows }: Rehearsed): Finding[] {
  const gone = new Set(
    rows.filter(({ before, after }) => before !== null && after === null).map(({ table }) => table),
  )
  return findings.filter(({ code, table }) => LOSSES.has(code) && !(table !== undefined && gone.has(table)))
}
