import { findingOf, type Rule } from './rule.js'

export const bc101: Rule = {
  code: 'BC101',
  title: 'table renamed',
  severity: 'warning',
  advice:
    'The running application still uses the old name until it is deployed: keep a view of the old name, or deploy together.',
  source: 'https://atlasgo.io/lint/analyzers#backward-incompatible-changes',
  check: (evidence) =>
    evidence.fates
      .filter(
        ({ how, before, after }) => how === 'renamed' && after !== undefined && before.name !== after.name,
      )
      .filter(({ before }) => !evidence.after.views.has(before.name.toLowerCase()))
      .map(({ before, after, ended }) =>
        findingOf(bc101, 'warning', ended, `Table ${before.name} becomes ${after?.name ?? ''}.`, {
          table: before.name,
        }),
      ),
}
