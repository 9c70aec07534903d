import { valueCulprit } from './attribution.js'
import type { Finding } from '../../contract/finding.js'
import { isReferredTo } from '../compare/moved-rows.js'
import type { ColumnChange, Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { nulledThroughParent } from './dl101.js'
import { forgotten } from './dl103.js'
import { findingOf, rowsText, valuesText, type Rule } from './rule.js'

export const ch101: Rule = {
  code: 'CH101',
  title: 'values replaced by other values',
  severity: 'warning',
  advice: 'A data fix is meant, an accident looks the same: read the samples.',
  source: 'rehearsal: values of the backup that differ afterwards',
  check: (evidence) =>
    evidence.fates.flatMap((fate) => [
      ...mapped(evidence, fate),
      ...(fate.data?.columns ?? [])
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
    ]),
}

/** A column that is gone and left another word for each of its values. */
function mapped(evidence: Evidence, fate: TableFate): Finding[] {
  return (fate.data?.columns ?? []).flatMap(({ column, mappedTo, values, samples }) => {
    if (mappedTo === undefined) return []
    const words = samples.map(({ before, after }) => `${before} -> ${after}`).join('; ')
    const message = `${valuesText(values)} of ${fate.before.name}.${column} ${values === 1 ? 'is' : 'are'} written as other words in ${mappedTo}: ${words}; which stands for which, only the migration says.`
    const place = valueCulprit(evidence, fate, column)
    return [
      findingOf(ch101, 'warning', place, message, {
        table: fate.before.name,
        column,
        before: values,
        after: 0,
      }),
    ]
  })
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
