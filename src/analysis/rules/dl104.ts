import { columnsSet, refilledLater } from './attribution.js'
import type { Finding } from '../../contract/finding.js'
import type { Evidence, StatementEvidence, TableFate } from '../evidence.js'
import { tableNamed } from '../../d1/schema/schema.js'
import { findingOf, lossSeverity, same, type Rule } from './rule.js'

export const dl104: Rule = {
  code: 'DL104',
  title: 'DELETE or UPDATE without WHERE',
  severity: 'error',
  advice: 'Add the condition, or accept it in the file: `-- d1-runbook: accept DL104 TABLE: reason`.',
  source: 'experience: a forgotten condition touches every row',
  check: (evidence) =>
    evidence.statements
      .filter(({ anatomy }) => (anatomy.verb === 'delete' || anatomy.verb === 'update') && !anatomy.hasWhere)
      .flatMap((statement) => judge(evidence, statement)),
}

function judge(evidence: Evidence, statement: StatementEvidence): Finding[] {
  const target = statement.anatomy.target ?? ''
  const fate = evidence.fates.find(
    ({ before, after }) => same(before.name, target) || same(after?.name, target),
  )
  const table = fate?.before ?? tableNamed(evidence.before, target)
  if (table === undefined) return []
  const place = { table: table.name, advice: dl104.advice.replace('TABLE', table.name) }
  if (statement.anatomy.verb === 'delete') {
    const harmless =
      evidence.mode === 'copy' ? (fate?.data?.lost ?? 0) === 0 : refilledLater(evidence, statement, target)
    return harmless
      ? []
      : [
          findingOf(
            dl104,
            lossSeverity(evidence),
            statement,
            `DELETE without WHERE empties ${table.name}.`,
            place,
          ),
        ]
  }
  const old = columnsSet(statement).filter(({ column }) =>
    table.columns.some(({ name }) => same(name, column)),
  )
  const columns = old.filter(({ column, constant }) =>
    evidence.mode === 'files' ? constant : flattened(fate, column),
  )
  return columns.map(({ column }) =>
    findingOf(
      dl104,
      lossSeverity(evidence),
      statement,
      `UPDATE without WHERE sets ${table.name}.${column} in every row.`,
      { ...place, column },
    ),
  )
}

/** Different values became one: what they were cannot be told any more. */
function flattened(fate: TableFate | undefined, column: string): boolean {
  return fate?.data?.columns.some((change) => same(change.column, column) && change.uniform === true) ?? false
}
