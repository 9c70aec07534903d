import { migrationNumber } from '../../d1/order/migration-order.js'
import { isApplied } from './history.js'
import { findingOf, type Rule } from './rule.js'

export const sq107: Rule = {
  code: 'SQ107',
  title: 'runs after a later number',
  severity: 'warning',
  advice:
    'Give it the next free number, so that new environments run the files in the order in which production did.',
  source: 'Wrangler runs every file that the ledger does not name, whatever its number',
  conflict: true,
  checkHistory: (history) => {
    if (history.applied === undefined) return []
    const last = Math.max(-1, ...history.applied.map((name) => migrationNumber(name) ?? -1))
    const latest = history.applied.findLast((name) => migrationNumber(name) === last) ?? ''
    return history.files
      .filter(({ name }) => !isApplied(history, name) && (migrationNumber(name) ?? last) < last)
      .map(({ name }) =>
        findingOf(sq107, 'warning', { file: name }, `${name} runs although ${latest} is applied already.`),
      )
  },
}
