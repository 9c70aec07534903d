import { addedUnique, termsText, wasIndexed } from './mf101.js'
import { findingOf, same, type Rule } from './rule.js'

export const mf102: Rule = {
  code: 'MF102',
  title: 'index made unique',
  severity: 'info',
  advice:
    'Existing and incoming duplicates make it fail: look for them first, and let the application refuse them.',
  source: 'https://atlasgo.io/lint/analyzers#data-dependent-changes',
  check: (evidence) =>
    evidence.fates.flatMap((fate) =>
      addedUnique(fate)
        .filter((index) => wasIndexed(fate, index))
        .map((index) => {
          const place =
            evidence.statements.findLast(({ anatomy }) => same(anatomy.target, index.name)) ?? fate.ended
          return findingOf(
            mf102,
            evidence.mode === 'copy' ? 'info' : 'warning',
            place,
            `The index on ${fate.before.name} (${termsText(index)}) becomes unique.`,
            { table: fate.before.name },
          )
        }),
    ),
}
