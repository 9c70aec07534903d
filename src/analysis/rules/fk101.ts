import { keyPlace } from './fk102.js'
import { endProblems, withoutTarget } from './foreign-keys.js'
import { findingOf, type Rule } from './rule.js'

export const fk101: Rule = {
  code: 'FK101',
  title: 'foreign key without its target table',
  severity: 'error',
  advice:
    'Create the table in the same migration, or correct its name: every write to the child fails until then.',
  source: 'https://sqlite.org/foreignkeys.html#fk_indexes',
  check: (evidence) =>
    endProblems(evidence, withoutTarget).map(({ table, key }) =>
      findingOf(
        fk101,
        evidence.certain ? 'error' : 'warning',
        keyPlace(evidence, table, key.target),
        `${table.name} (${key.columns.join(', ')}) references ${key.target}, which does not exist: writing it fails.`,
        { table: table.name, ...(key.columns.length === 1 ? { column: key.columns[0] ?? '' } : {}) },
      ),
    ),
}
