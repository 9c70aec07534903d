import { tableNamed } from '../../d1/schema/schema.js'
import type { Evidence, StatementEvidence } from '../evidence.js'
import { findingOf, lossSeverity, same, type Rule } from './rule.js'

export const nx101: Rule = {
  code: 'NX101',
  title: 'IF NOT EXISTS meets another object of that name',
  severity: 'error',
  advice:
    'Nothing runs and nothing is said: use ALTER TABLE … ADD COLUMN for what is missing, drop and create an index, a view or a trigger, or choose another name.',
  source:
    'https://sqlite.org/lang_createtable.html: IF NOT EXISTS makes it a no-op, whatever the definitions are',
  check: (evidence) => evidence.statements.flatMap((statement) => judge(evidence, statement)),
}

function judge(evidence: Evidence, statement: StatementEvidence) {
  const { unmet, anatomy } = statement
  if (unmet === undefined || madeLater(evidence, statement)) return []
  const now = tableNamed(evidence.after, unmet.table)
  const columns = unmet.columns.filter(
    (name) => now?.columns.some((column) => same(column.name, name)) !== true,
  )
  const lacks = [...(columns.length === 0 ? [] : [`without ${columns.join(', ')}`]), ...unmet.others]
  if (lacks.length === 0) return []
  const severity = columns.length > 0 || unmet.type === 'index' ? lossSeverity(evidence) : 'warning'
  const message = `CREATE ${unmet.type.toUpperCase()} IF NOT EXISTS ${anatomy.target ?? ''} does nothing: it is there already, ${lacks.join(', ')}.`
  return [findingOf(nx101, severity, statement, message, { table: unmet.table })]
}

/** A later statement creates the object anew, or drops the one that was in the way. */
function madeLater(evidence: Evidence, statement: StatementEvidence): boolean {
  const { anatomy } = statement
  return evidence.statements
    .slice(evidence.statements.indexOf(statement) + 1)
    .some(
      (other) =>
        other.unmet === undefined &&
        (other.anatomy.verb === anatomy.verb ||
          other.anatomy.verb === anatomy.verb.replace('create', 'drop')) &&
        same(other.anatomy.target, anatomy.target),
    )
}
