import type { MigrationFile } from '../../contract/target.js'
import { isApplied, numberOf } from './history.js'
import { findingOf, type Rule } from './rule.js'

export const sq101: Rule = {
  code: 'SQ101',
  title: 'duplicate number',
  severity: 'warning',
  advice: 'Give the file that is not applied yet the next free number.',
  source: 'Wrangler orders by the number alone; ties ran in directory order before 4.80',
  checkHistory: (history) => {
    const groups = new Map<number, MigrationFile[]>()
    for (const file of history.files) {
      const number = numberOf(file.name)
      if (number !== undefined) groups.set(number, [...(groups.get(number) ?? []), file])
    }
    return [...groups].flatMap(([number, files]) => {
      const pending = files.filter(({ name }) => !isApplied(history, name))
      if (files.length < 2 || pending.length === 0) return []
      const last = pending.at(-1) ?? { name: '-' }
      // With one file pending its place is clear; two of them may run in either order.
      const severity = history.applied !== undefined && pending.length > 1 ? 'warning' : 'info'
      const names = files.map(({ name }) => name).join(', ')
      return [
        findingOf(sq101, severity, { file: last.name }, `The number ${number} is given twice: ${names}.`),
      ]
    })
  },
}
