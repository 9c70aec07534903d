import { migrationNumber } from '../../d1/order/migration-order.js'
import { isApplied } from './history.js'
import { findingOf, type Rule } from './rule.js'

/** Past this, numbers are dates or random, and gaps mean nothing. */
const COUNTED = 10_000

export const sq102: Rule = {
  code: 'SQ102',
  title: 'gap in the numbers',
  severity: 'info',
  advice: 'Look whether a file was forgotten; a gap itself does no harm.',
  source: 'Wrangler numbers files one by one',
  checkHistory: (history) => {
    const numbered = history.files.flatMap((file) => {
      const number = migrationNumber(file.name)
      return number === undefined || number >= COUNTED ? [] : [{ file, number }]
    })
    return numbered.flatMap(({ file, number }, at) => {
      const previous = numbered[at - 1]
      if (previous === undefined || number - previous.number <= 1 || isApplied(history, file.name)) return []
      return [
        findingOf(
          sq102,
          'info',
          { file: file.name },
          `After ${previous.file.name} comes ${file.name}: numbers are missing between them.`,
        ),
      ]
    })
  },
}
