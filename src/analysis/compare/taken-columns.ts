import type { TableSchema } from '../../d1/schema/schema.js'
import type { ColumnChange, TableFate } from '../evidence.js'
import { differ } from './differing.js'
import { column, number } from './row-keys.js'
import type { Versions } from './versions.js'
import { copiedBy } from './writers.js'

/** The changes, each with the other column of before that it holds now in every row that changed. `from`: FROM clause of both versions. */
export function withTaken(
  { database, statements }: Versions,
  fate: TableFate,
  after: TableSchema,
  from: string,
  changes: ColumnChange[],
): ColumnChange[] {
  return changes.map((change) => {
    const { column: was, after: is } = change
    if (is === undefined || change.changed === 0) return change
    const copied = fate.heirs.filter((heir) => heir.table === after.name && heir.is === is)
    const set = fate.before.columns.filter(({ name }) =>
      statements.some(({ anatomy }) => copiedBy(anatomy, [name]).some((it) => it === is)),
    )
    const others = [...copied.map((heir) => heir.column), ...set.map(({ name }) => name)]
    const taken = others
      .filter((name) => name !== was)
      .find((name) => {
        const other = `${differ({ was, is })} AND ${column('b', name)} IS NOT ${column('s', is)}`
        return number(database, `SELECT count(*) AS n FROM ${from} WHERE ${other}`) === 0
      })
    return taken === undefined ? change : { ...change, taken }
  })
}
