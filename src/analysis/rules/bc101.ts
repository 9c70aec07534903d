import { significantTokens } from '../../d1/sql/tokens.js'
import type { Evidence } from '../evidence.js'
import { findingOf, same, type Rule } from './rule.js'

const WRITE_BY_TRIGGER =
  'While the application still writes under the old name, the view needs INSTEAD OF triggers that write the table; or deploy together.'

export const bc101: Rule = {
  code: 'BC101',
  title: 'table renamed',
  severity: 'warning',
  advice:
    'The running application still uses the old name until it is deployed: keep a view of the old name, with INSTEAD OF triggers for what is written there, or deploy together.',
  source: 'https://atlasgo.io/lint/analyzers#backward-incompatible-changes',
  check: (evidence) =>
    evidence.fates
      .filter(
        ({ how, before, after }) => how === 'renamed' && after !== undefined && before.name !== after.name,
      )
      .flatMap(({ before, after, ended }) => {
        const view = evidence.after.views.get(before.name.toLowerCase())
        const refused = view === undefined ? [] : refusedWrites(evidence, view.name)
        if (view !== undefined && refused.length === 0) return []
        const what =
          view === undefined
            ? ''
            : `; ${before.name} is a view now, which can be read, but refuses ${refused.join(', ')}`
        return [
          findingOf(bc101, 'warning', ended, `Table ${before.name} becomes ${after?.name ?? ''}${what}.`, {
            table: before.name,
            ...(view === undefined ? {} : { advice: WRITE_BY_TRIGGER }),
          }),
        ]
      }),
}

/** What nobody does in place of a view, which takes no rows of its own. */
function refusedWrites(evidence: Evidence, view: string): string[] {
  const done = [...evidence.after.triggers.values()]
    .filter(({ table }) => same(table, view))
    .map(({ sql }) => {
      const words = significantTokens(sql).map(({ text }) => text.toUpperCase())
      return words[words.findIndex((word, at) => word === 'OF' && words[at - 1] === 'INSTEAD') + 1]
    })
  return ['INSERT', 'UPDATE', 'DELETE'].filter((write) => !done.includes(write))
}
