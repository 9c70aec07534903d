import type { Finding } from '../../contract/finding.js'
import { mentions } from '../statement/statement.js'
import { findingOf, same, type Rule } from './rule.js'

export const bc103: Rule = {
  code: 'BC103',
  title: 'view without a column that it had',
  severity: 'warning',
  advice:
    'Keep the column in the view until the application that reads it is replaced, or give the new shape a view of its own.',
  source: 'https://sqlite.org/lang_createview.html: the names of the result are the columns',
  check: (evidence) =>
    [...evidence.before.views].flatMap(([key, view]): Finding[] => {
      const now = evidence.after.views.get(key)
      // One that cannot be read any more is TR101.
      if (now === undefined || now.columns.length === 0) return []
      const gone = view.columns.filter((column) => !now.columns.some((name) => same(name, column)))
      if (gone.length === 0) return []
      const place = evidence.statements.findLast(
        ({ anatomy }) =>
          (anatomy.verb === 'create-view' && same(anatomy.target, view.name)) ||
          (anatomy.verb === 'alter-table' && gone.some((column) => mentions(anatomy.tokens, column))),
      )
      const message = `The view ${view.name} no longer has ${gone.join(', ')}; it has ${now.columns.join(', ')}.`
      return [findingOf(bc103, 'warning', place, message, { table: view.name })]
    }),
}
