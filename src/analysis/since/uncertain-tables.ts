import type { StatementEvidence } from '../evidence.js'

/**
 * Tables, in lower case, in which the files write the time or chance, also by way of another such table: run again, they leave other
 * rows there. The statements must have been asked for `timeOrChance`.
 */
export function uncertainTables(statements: readonly StatementEvidence[]): Set<string> {
  const uncertain = new Set<string>()
  for (const { anatomy, touches, timeOrChance = [] } of statements) {
    const { alteration, verb } = anatomy
    const target = anatomy.target?.toLowerCase() ?? ''
    const was = uncertain.has(target)
    if (verb === 'drop-table' || alteration?.kind === 'rename-table') uncertain.delete(target)
    if (alteration?.kind === 'rename-table' && was) uncertain.add(alteration.to.toLowerCase())
    const names = (how: (of: string) => boolean): string[] =>
      touches.filter((touch) => how(touch.how)).map(({ table }) => table.toLowerCase())
    const handedOn = names((how) => how === 'read').some((table) => uncertain.has(table))
    for (const table of [...timeOrChance, ...(handedOn ? names((how) => how !== 'read') : [])])
      uncertain.add(table)
  }
  return uncertain
}
