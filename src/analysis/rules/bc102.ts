import { shapeCulprit } from './attribution.js'
import { findingOf, same, type Rule } from './rule.js'

export const bc102: Rule = {
  code: 'BC102',
  title: 'column renamed',
  severity: 'warning',
  advice:
    'The running application still uses the old name until it is deployed: add the new column, write both, then drop the old one.',
  source: 'https://atlasgo.io/lint/analyzers#backward-incompatible-changes',
  check: (evidence) =>
    evidence.fates.flatMap((fate) =>
      [...fate.renamedColumns]
        // A column that the files add and rename on their way is none of before.
        .filter(([from]) => fate.before.columns.some(({ name }) => same(name, from)))
        .filter(([from, to]) => !same(from, to) && fate.after?.columns.some(({ name }) => same(name, to)))
        .map(([from, to]) =>
          findingOf(
            bc102,
            'warning',
            evidence.statements.findLast(
              ({ anatomy: { alteration } }) =>
                alteration?.kind === 'rename-column' && same(alteration.to, to),
            ) ?? shapeCulprit(evidence, fate),
            `Column ${fate.before.name}.${from} becomes ${to}.`,
            { table: fate.before.name, column: from },
          ),
        ),
    ),
}
