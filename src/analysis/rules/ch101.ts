import { valueCulprit } from './attribution.js'
import { isReferredTo } from '../compare/moved-rows.js'
import type { ColumnChange, Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { nulledThroughParent } from './dl101.js'
import { forgotten } from './dl103.js'
import { findingOf, rowsText, type Rule } from './rule.js'

export const ch101: Rule = {
  code: 'CH101',
  title: 'values replaced by other values',
  severity: 'warning',
  advice: 'A data fix is meant, an accident looks the same: read the samples.',
  source: 'rehearsal: values of the backup that differ afterwards',
  check: (evidence) =>
    evidence.fates.flatMap((fate) =>
      (fate.data?.columns ?? [])
        .filter(
          (change) =>
            change.after !== undefined && change.changed > (change.cut ?? 0) && !forgotten(fate, change),
        )
        .filter((change) => nulledThroughParent(evidence, fate, change.column) === undefined)
        .map((change) => {
          const samples = change.samples
            .filter(({ after }) => after !== 'NULL')
            .map(({ before, after }) => `${before} -> ${after}`)
            .join('; ')
          const place = valueCulprit(evidence, fate, change.column)
          return findingOf(
            ch101,
            copiesBlindly(place) || losesReferences(evidence, fate, change) || comesBack(fate, change)
              ? 'error'
              : 'warning',
            place,
            `${fate.before.name}.${change.column} changes in ${rowsText(change.changed)} of ${change.values}${samples === '' ? '' : `: ${samples}`}${staleText(change)}${change.renumbered === true ? ': the copy leaves it to SQLite' : ''}.`,
            {
              table: fate.before.name,
              column: change.column,
              before: change.values,
              after: change.values - change.changed,
            },
          )
        }),
    ),
}

/** SQLite gave the rows of a rebuild other keys, and what refers to the old ones was left as it is. */
function losesReferences(evidence: Evidence, { before }: TableFate, { renumbered }: ColumnChange): boolean {
  const written = evidence.fates.filter((fate) => fate.written).map((fate) => fate.before.name)
  return renumbered === true && isReferredTo(evidence.before, before.name, written)
}

function staleText({ stale = 0 }: ColumnChange): string {
  return stale === 0 ? '' : `; in ${rowsText(stale)} it is what the table that takes its place held before`
}

/** The values are those of a table that was there before the rebuild wanted it new. */
function comesBack(fate: TableFate, { stale = 0 }: ColumnChange): boolean {
  return fate.how !== 'kept' && stale > 0
}

/** INSERT … SELECT * puts values by position: where they differ afterwards, columns have changed places, which nobody means. */
function copiesBlindly(statement: StatementEvidence | undefined): boolean {
  if (statement?.anatomy.copies !== true) return false
  const { tokens } = statement.anatomy
  return tokens.some(({ text }, at) => text === '*' && /^select$/i.test(tokens[at - 1]?.text ?? ''))
}
