import { migrationNumber } from '../../d1/order/migration-order.js'
import { pendingOf } from './history.js'
import { findingOf, type Rule } from './rule.js'
import { command, words } from '../../contract/next-command.js'

export const sq103: Rule = {
  code: 'SQ103',
  title: 'no numeric prefix',
  severity: 'warning',
  advice: 'Start the name with the next number, such as 0007_.',
  source:
    'Wrangler since 4.80 runs a file without a number after all others; before, wherever the folder lists it',
  checkHistory: (history) => {
    const pending = pendingOf(history)
    return pending
      .filter(({ name }) => migrationNumber(name) === undefined)
      .map(({ name }) => {
        const unclear = pending.length > 1 && history.applied !== undefined
        return findingOf(
          sq103,
          unclear ? 'warning' : 'info',
          { file: name },
          `${name} has no number: Wrangler runs it last, and before 4.80 in no certain order.`,
          { advice: words`${sq103.advice} ${command('create', 'NAME')} does so.` },
        )
      })
  },
}
