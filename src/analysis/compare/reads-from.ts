import type { StatementEvidence, TableFate } from '../evidence.js'

/** Whether a statement copies rows of the table, under whichever name it had then. */
export function readsFrom(
  statements: StatementEvidence[],
  statement: StatementEvidence,
  fate: TableFate,
): boolean {
  return copiesOf(statement, holdersOf(statements, fate))
}

/** Whether a statement puts columns of the table somewhere as they are; it may read others beside, and the table in a condition only. */
export function copiesColumnsOf(
  statements: StatementEvidence[],
  { anatomy, sources }: StatementEvidence,
  fate: TableFate,
): boolean {
  const names = holdersOf(statements, fate)
  return anatomy.copies && sources.some(({ table }) => names.has(table.toLowerCase()))
}

/** The names of a table, and of those that were filled from it, in lower case. */
function holdersOf(statements: StatementEvidence[], { before }: TableFate): Set<string> {
  const names = new Set([before.name.toLowerCase()])
  for (const { anatomy } of statements) {
    const { alteration, target = '' } = anatomy
    if (alteration?.kind === 'rename-table' && names.has(target.toLowerCase()))
      names.add(alteration.to.toLowerCase())
  }
  const holds = statements.filter((statement) => copiesOf(statement, names))
  for (const { anatomy } of holds) names.add((anatomy.target ?? '').toLowerCase())
  return names
}

/** It puts rows somewhere, and reads one of these tables for that. */
function copiesOf({ anatomy, touches }: StatementEvidence, names: Set<string>): boolean {
  return anatomy.copies && touches.some(({ table, how }) => how === 'read' && names.has(table.toLowerCase()))
}
