import { findingOf, type Rule } from './rule.js'
import { renamedFrom } from './sq106.js'

export const sq105: Rule = {
  code: 'SQ105',
  title: 'applied but missing',
  severity: 'warning',
  advice: 'Bring the file back from version control: a new environment cannot be built without it.',
  source: 'the ledger, and checksums.json',
  conflict: true,
  checkHistory: (history) => {
    const present = new Set(history.files.map(({ name }) => name))
    const renamed = new Set(renamedFrom(history).map(({ from }) => from))
    const known = history.applied ?? Object.keys(history.checksums ?? {})
    return known
      .filter((name) => !present.has(name) && !renamed.has(name))
      .map((name) =>
        findingOf(sq105, 'warning', { file: name }, `${name} was applied, but the folder does not hold it.`),
      )
  },
}
