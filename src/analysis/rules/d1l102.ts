import { tableNamed } from '../../d1/schema/schema.js'
import { shapeOf } from './tx102.js'
import { findingOf, type Rule } from './rule.js'

const MAX_COLUMNS = 100

export const d1l102: Rule = {
  code: 'D1L102',
  title: 'over 100 columns',
  severity: 'error',
  advice: 'Move columns into a second table with the same key.',
  source: 'https://developers.cloudflare.com/d1/platform/limits/',
  check: (evidence) =>
    [...evidence.after.tables.values()]
      .filter(({ columns }) => columns.length > MAX_COLUMNS)
      .filter(({ name }) => (tableNamed(evidence.before, name)?.columns.length ?? 0) <= MAX_COLUMNS)
      .map(({ name, columns }) =>
        findingOf(
          d1l102,
          'error',
          shapeOf(evidence, name),
          `${name} has ${columns.length} columns; D1 takes at most ${MAX_COLUMNS}.`,
          { table: name },
        ),
      ),
}
