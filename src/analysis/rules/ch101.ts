import { valueCulprit } from './attribution.js'
import type { StatementEvidence } from '../evidence.js'
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
            copiesBlindly(place) ? 'error' : 'warning',
            place,
            `${fate.before.name}.${change.column} changes in ${rowsText(change.changed)} of ${change.values}${samples === '' ? '' : `: ${samples}`}.`,
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

/** INSERT … SELECT * puts values by position: where they differ afterwards, columns have changed places, which nobody means. */
function copiesBlindly(statement: StatementEvidence | undefined): boolean {
  if (statement?.anatomy.copies !== true) return false
  const { tokens } = statement.anatomy
  return tokens.some(({ text }, at) => text === '*' && /^select$/i.test(tokens[at - 1]?.text ?? ''))
}
