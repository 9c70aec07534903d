import type { Finding } from '../contract/finding.js'
import type { Plan, RowChange } from '../contract/plan.js'
import type { LossNow, RollbackCost, Since, TableCost, WrittenTable } from '../contract/rollback.js'
import { costOf, freeOfCost } from '../contract/rollback-cost.js'
import { addedRowsGo, columnGoes } from '../text/rollback-cost.js'
import { plural } from '../text/plural.js'
import { tableText } from '../text/written-since.js'

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

/** What a copy of now is held against. */
export interface Made {
  /** The rows of the plan. */
  planned: readonly RowChange[]
  /** What was written since the archive, counted on the same copy. Absent: the rows are only numbered. */
  since?: Since | undefined
}

/**
 * What the reverse migration costs of the database as it is now, one sentence for each loss: `price` as it was written from the archive, where
 * what was counted now stands in the place of what says the same without a number. Of a table that goes as a whole, what the migration makes itself
 * is no loss: the rest is told row by row where `since` has that, else as far as numbers of rows show it.
 */
export function priceSince(price: readonly string[], rehearsed: Rehearsed, made: Made): string[] {
  // Just the rows that the migration made, and that is said already.
  const counted = losses(rehearsed).filter(
    ({ code, table = '', count = 0 }) => code !== 'DL102' || !price.includes(addedRowsGo(table, count)),
  )
  const said = counted.flatMap(({ code, table, column }) =>
    code === 'DL103' && table !== undefined && column !== undefined ? [columnGoes(table, column)] : [],
  )
  return [
    ...price.filter((line) => !said.includes(line)),
    ...tablesThatGo(rehearsed, made).flatMap(goneLines),
    ...counted.map(({ message }) => message),
  ]
}

/** The same as numbers, added to what the reverse costs without them. */
export function costNow(
  cost: RollbackCost | undefined,
  rehearsed: Rehearsed & { lost?: readonly LossNow[] | undefined },
  made: Made,
): RollbackCost | undefined {
  if (cost === undefined) return undefined
  const since: TableCost[] = [
    ...tablesThatGo(rehearsed, made).map(goneCost),
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

interface GoneTable {
  table: string
  /** How many rows it has beyond those that the migration makes; negative: fewer. */
  more: number
  /** Otherwise than the migration makes it of the archive. Undefined: it is not; `not-counted`: rows were not compared. */
  written: WrittenTable | 'not-counted' | undefined
}

function tablesThatGo({ rows }: Rehearsed, { planned, since }: Made): GoneTable[] {
  const made = new Map(planned.map(({ table, after }) => [table, after ?? 0]))
  const compared = since !== undefined && !('unknown' in since) && since.by === 'rows'
  // What is only indexed is made again from the rows.
  return rows
    .filter(({ before, after, index }) => before !== null && after === null && index !== true)
    .map(({ table, before }) => ({
      table,
      more: (before ?? 0) - (made.get(table) ?? 0),
      written: compared
        ? since.tables.find((one) => one.table.toLowerCase() === table.toLowerCase())
        : 'not-counted',
    }))
}

function goneLines({ table, more, written }: GoneTable): string[] {
  if (written === undefined) return []
  if (written !== 'not-counted')
    return [
      `held against what the migration makes of the backup, ${tableText(written)}; none of that outlives the table, and whether another one holds any of it is not known`,
    ]
  const number =
    more === 0 ? 'as many rows as' : `${plural(Math.abs(more), 'row')} ${more > 0 ? 'more' : 'fewer'} than`
  return [
    `${table} has ${number} the rehearsal left; how many were added, changed or removed since the backup was not counted, and all of that goes with the table`,
  ]
}

function goneCost({ table, written }: GoneTable): TableCost {
  const free = freeOfCost(table)
  if (written === undefined) return free
  if (written === 'not-counted' || written.changed === null)
    return { ...free, rowsLost: null, valuesLost: null }
  return { ...free, rowsLost: written.added, valuesLost: written.changed === 0 ? 0 : null }
}

/** Those of tables that stay. */
function losses({ findings, rows }: Rehearsed): Finding[] {
  const gone = new Set(
    rows.filter(({ before, after }) => before !== null && after === null).map(({ table }) => table),
  )
  return findings.filter(({ code, table }) => LOSSES.has(code) && !(table !== undefined && gone.has(table)))
}
