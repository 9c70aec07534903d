import type { RollbackCost, TableCost } from '../contract/rollback.js'
import { plural } from './plural.js'

/** What the numbers of a way back say, one sentence each; nothing where it loses nothing, or nothing was counted. */
export function costLines({ tables }: RollbackCost): string[] {
  return tables.flatMap(tableLines)
}

function tableLines({ table, rowsLost, rowsLeft, columns }: TableCost): string[] {
  return [
    ...(rowsLost === null || rowsLost === 0
      ? []
      : [`${plural(rowsLost, 'row')} of ${table} ${rowsLost === 1 ? 'stays' : 'stay'} lost.`]),
    ...(rowsLeft === 0
      ? []
      : [
          `${plural(rowsLeft, 'row')} that the migration made in ${table} ${rowsLeft === 1 ? 'stays' : 'stay'}.`,
        ]),
    ...columns.map(
      ({ column, values }) =>
        `${plural(values, 'value')} of ${table}.${column} ${values === 1 ? 'stays' : 'stay'} changed.`,
    ),
  ]
}
