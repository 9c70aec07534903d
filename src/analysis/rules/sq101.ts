import { migrationNumber } from '../../d1/order/migration-order.js'
import type { MigrationRef } from '../../contract/target.js'
import { isApplied } from './history.js'
import { findingOf, type Rule } from './rule.js'

export const sq101: Rule = {
  code: 'SQ101',
  title: 'duplicate number',
  severity: 'warning',
  advice: 'Give the file that is not applied yet the next free number.',
  source: 'Wrangler orders by the number alone; ties ran in directory order before 4.80',
  conflict: true,
  checkHistory: (history) => {
    const groups = new Map<number, MigrationRef[]>()
    for (const file of history.files) {
      const number = migrationNumber(file.name)
      if (number !== undefined) groups.set(number, [...(groups.get(number) ?? []), file])
    }
    return [...groups].flatMap(([number, files]) => {
      const pending = files.filter(({ name }) => !isApplied(history, name))
      const last = pending.at(-1)
      if (files.length < 2 || last === undefined) return []
      // One pending file behind its applied twins has a clear place; two may run in either order, and one before them
      // runs first in a new environment.
      const clear = pending.length === 1 && files.at(-1) === last
      const names = files.map(({ name }) => name).join(', ')
      const message = `${files.length} files have the number ${number}: ${names}.`
      return [findingOf(sq101, clear ? 'info' : 'warning', { file: last.name }, message)]
    })
  },
}
