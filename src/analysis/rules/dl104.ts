import { columnsSet, refilledLater, rowLosses } from './attribution.js'
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
    // Rows that are lost by it are told as that, with this beside.
    const told =
      fate === undefined ||
      (fate.data?.lost ?? 0) === 0 ||
      rowLosses(evidence, fate).some(({ place }) => place === statement)
    const harmless = evidence.mode === 'copy' ? told : refilledLater(evidence, statement, target)
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
      `UPDATE without WHERE sets ${table.name}.${column} in every row${samplesText(fate, column)}.`,
      { ...place, column },
    ),
  )
}

function samplesText(fate: TableFate | undefined, column: string): string {
  const samples = fate?.data?.columns.find((change) => same(change.column, column))?.samples ?? []
  return samples.length === 0
    ? ''
    : `: ${samples.map(({ before, after }) => `${before} -> ${after}`).join('; ')}`
}

/** Different values became one: what they were cannot be told any more. */
function flattened(fate: TableFate | undefined, column: string): boolean {
  return fate?.data?.columns.some((change) => same(change.column, column) && change.uniform === true) ?? false
}
