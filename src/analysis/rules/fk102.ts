import { mentions } from '../statement/statement.js'
import type { Evidence, StatementEvidence } from '../evidence.js'
import { referencedColumns, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { mismatched, endProblems } from './foreign-keys.js'
import { findingOf, same, type Rule } from './rule.js'

export const fk102: Rule = {
  code: 'FK102',
  title: 'foreign key to columns that are no unique key',
  severity: 'error',
  advice:
    'Reference the primary key or columns with a UNIQUE constraint: "foreign key mismatch" fails every write else.',
  source: 'https://sqlite.org/foreignkeys.html#fk_indexes',
  check: (evidence) =>
    endProblems(evidence, mismatched).map(({ table, key }) => {
      const target = tableNamed(evidence.after, key.target)
      const columns = target === undefined ? key.targetColumns : referencedColumns(key, target)
      return findingOf(
        fk102,
        evidence.certain ? 'error' : 'warning',
        keyPlace(evidence, table, key.target),
        `${table.name} (${key.columns.join(', ')}) references ${key.target} (${columns.join(', ')}), which is no unique key: writing it fails with "foreign key mismatch"${otherWrites(evidence, table, target?.name ?? key.target)}.`,
        { table: table.name, ...(key.columns.length === 1 ? { column: key.columns[0] ?? '' } : {}) },
      )
    }),
}

/** Writes of other tables that SQLite refuses for the same key: the deletes that would have to look at it. */
function otherWrites(evidence: Evidence, child: TableSchema, target: string): string {
  const says = `foreign key mismatch - "${child.name}" referencing "${target}"`.toLowerCase()
  const found = evidence.broken.flatMap((broken) =>
    broken.type === 'table' && broken.message.toLowerCase() === says && !same(broken.table, child.name)
      ? [`${broken.writes.join(', ')} on ${broken.table}`]
      : [],
  )
  return found.length === 0 ? '' : `; so does ${found.join(' and ')}`
}

/** The statement that made the key or took its target away. */
export function keyPlace(
  evidence: Evidence,
  table: TableSchema,
  target: string,
): StatementEvidence | undefined {
  const shapes = (evidence.end?.statements ?? evidence.statements).filter(({ anatomy }) =>
    /^(?:create-table|alter-table|drop-table|drop-index)$/.test(anatomy.verb),
  )
  return (
    shapes.findLast(
      ({ anatomy }) =>
        mentions(anatomy.tokens, target) &&
        (same(anatomy.target, table.name) || anatomy.tokens.some(({ text }) => /^references$/i.test(text))),
    ) ??
    shapes.findLast(({ anatomy }) => mentions(anatomy.tokens, target) || same(anatomy.target, table.name))
  )
}
