import { findingOf, rowsText, type Rule } from './rule.js'

export const ds102: Rule = {
  code: 'DS102',
  title: 'table dropped',
  severity: 'warning',
  advice: 'Make sure that nothing reads or writes the table any more; deploy that first.',
  source: 'https://atlasgo.io/lint/analyzers#destructive-changes',
  check: (evidence) =>
    evidence.fates
      .filter(({ how, before }) => how === 'dropped' && before.kind !== 'shadow')
      .map(({ before, ended, data }) => {
        const rows = data === undefined ? '' : ` with ${rowsText(data.rowsBefore)}`
        const moved =
          data !== undefined && data.moved > 0 ? `; they are all in ${data.movedTo ?? 'another table'}` : ''
        return findingOf(ds102, 'warning', ended, `Table ${before.name} is dropped${rows}${moved}.`, {
          table: before.name,
          ...(data === undefined ? {} : { before: data.rowsBefore, after: data.moved }),
        })
      }),
}
