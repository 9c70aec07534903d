import { affinityOf } from '../../d1/schema/affinity.js'
import { rowidColumn, sameName, type TableSchema } from '../../d1/schema/schema.js'
import { pairsOf, type Pair } from '../compare/row-keys.js'
import type { TableFate } from '../evidence.js'

/**
 * The columns from which those of before are filled again: of their name, but for the number of a row that is a text now from the column
 * to which a copy took it.
 */
export function pairsBack(fate: TableFate, now: TableSchema): Pair[] {
  const pairs = pairsOf(fate, now)
  const number = numberThatIsText(fate, now)
  if (number === undefined) return pairs
  const heir = fate.heirs.find(
    ({ column, table, is }) =>
      column === number.was && table === now.name && !pairs.some((pair) => sameName(pair.is, is)),
  )
  return heir === undefined
    ? pairs
    : pairs.map((pair) => (pair.was === number.was ? { was: pair.was, is: heir.is } : pair))
}

/** Tables whose numbers no column holds any more: only whole numbers go back there. */
export function numbersGone(fates: readonly TableFate[]): { table: string; column: string }[] {
  return fates.flatMap((fate) => {
    const { before, after } = fate
    const number = after === undefined ? undefined : numberThatIsText(fate, after)
    if (after === undefined || number === undefined) return []
    const same = pairsBack(fate, after).some(({ was, is }) => was === number.was && is === number.is)
    return same ? [{ table: before.name, column: number.was }] : []
  })
}

/** The INTEGER PRIMARY KEY of before, where its column holds texts now. */
function numberThatIsText(fate: TableFate, now: TableSchema): Pair | undefined {
  const name = rowidColumn(fate.before)?.name
  const pair = pairsOf(fate, now).find(({ was }) => name !== undefined && sameName(was, name))
  const type = now.columns.find((it) => it.name === pair?.is)?.type
  return type !== undefined && affinityOf(type) === 'text' ? pair : undefined
}
