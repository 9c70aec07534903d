import type { FilledColumn, StatementEvidence, TableFate } from '../evidence.js'
import { fillingCulprit } from './attribution.js'
import { findingOf, rowsText, same, type Rule } from './rule.js'

export const ch102: Rule = {
  code: 'CH102',
  title: 'NULLs replaced by values',
  severity: 'warning',
  advice:
    'Afterwards a row that said nothing looks like one that said this: keep NULL, or note elsewhere which rows they are, where the difference counts.',
  source: 'rehearsal: rows of the backup that have no value and get one',
  check: (evidence) =>
    evidence.fates.flatMap((fate) =>
      (fate.data?.filled ?? []).map((filled) => {
        const place = fillingCulprit(evidence, fate, filled.column)
        const fallback = isDefault(fate, filled)
        const severity = !fallback && asksForNull(place, filled.column) ? 'info' : 'warning'
        return findingOf(ch102, severity, place, messageOf(fate, filled, fallback), {
          table: fate.before.name,
          column: filled.column,
          before: 0,
          after: filled.rows,
        })
      }),
    ),
}

function messageOf(
  fate: TableFate,
  { column, rows, values, known }: FilledColumn,
  fallback: boolean,
): string {
  const [first] = values
  const only = values.length === 1 && first !== undefined
  const become = only
    ? `${first.value}${fallback ? ', its default' : ''}`
    : `values: ${values.map((it) => `${it.value} in ${rowsText(it.rows)}`).join(', ')}`
  const beside = known === undefined ? '' : `, as ${rowsText(known)} said before: which is which is lost`
  return `${fate.before.name}.${column} is NULL in ${rowsText(rows)} and becomes ${become}${beside}.`
}

/** The one value that they become is what the column gives rows that say nothing. */
function isDefault(fate: TableFate, { after, values }: FilledColumn): boolean {
  const fallback = fate.after?.columns.find(({ name }) => same(name, after))?.default ?? null
  if (fallback === null || values.length !== 1) return false
  const plain = (text: string): string => text.replace(/^\((.*)\)$/s, '$1').replace(/^["'](.*)["']$/s, '$1')
  return plain(fallback) === plain(values[0]?.value ?? '')
}

/** UPDATE … WHERE column IS NULL: filling them is what it is for. */
function asksForNull(place: StatementEvidence | undefined, column: string): boolean {
  if (place?.anatomy.verb !== 'update') return false
  const words = place.anatomy.tokens.map(({ text }) => text.toLowerCase().replaceAll(/["`[\]]/g, ''))
  return words.some(
    (word, at) =>
      word === column.toLowerCase() &&
      (words.slice(at + 1, at + 3).join(' ') === 'is null' || words[at + 1] === 'isnull'),
  )
}
