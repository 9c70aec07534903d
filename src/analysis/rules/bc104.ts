import type { Finding } from '../../contract/finding.js'
import type { ViewFate } from '../evidence.js'
import { findingOf, rowsText, same, type Rule } from './rule.js'

export const bc104: Rule = {
  code: 'BC104',
  title: 'view that shows other rows',
  severity: 'warning',
  advice:
    'The running application reads the new rows as soon as the migration is applied: see that it is meant to, or give them a view of their own.',
  source: 'rehearsal: the rows of a view before and after, where its text was changed',
  check: (evidence) =>
    (evidence.views ?? []).flatMap((view): Finding[] => {
      const { rows, name, source } = view
      const place = evidence.statements.findLast(
        ({ anatomy }) => anatomy.verb === 'create-view' && same(anatomy.target, name),
      )
      const others = rows !== undefined && (rows.gone > 0 || rows.come > 0 || rows.before !== rows.after)
      // What only follows a table that is renamed is written otherwise by SQLite.
      if (place === undefined || (!others && !source)) return []
      return [
        findingOf(bc104, fewerOrMore(view) ? 'warning' : 'info', place, messageOf(view, others), {
          table: name,
          ...(rows === undefined ? {} : { before: rows.before, after: rows.after }),
        }),
      ]
    }),
}

/** Another value in as many rows is what a view is made again for; other rows are what a condition does unseen. */
function fewerOrMore({ rows }: ViewFate): boolean {
  return rows !== undefined && rows.before !== rows.after
}

function messageOf({ name, rows }: ViewFate, others: boolean): string {
  if (rows === undefined) return `The view ${name} is made of other rows now.`
  if (!others) return `The view ${name} is written otherwise; no row shows a difference.`
  const parts = [
    ...(rows.gone > 0
      ? [`${rowsText(rows.gone)} of before ${rows.gone === 1 ? 'is' : 'are'} not among them`]
      : []),
    ...(rows.come > 0 ? [`${rowsText(rows.come)} ${rows.come === 1 ? 'was' : 'were'} not there`] : []),
  ]
  return `The view ${name} shows ${rowsText(rows.after)} now, ${rows.before} before${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`
}
