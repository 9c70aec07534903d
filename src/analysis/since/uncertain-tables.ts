import type { DetailedCatalog } from '../../d1/schema/schema.js'
import type { StatementEvidence } from '../evidence.js'

/** What gives another value each time that it is asked. Source: https://sqlite.org/deterministic.html */
const VOLATILE =
  /\b(?:random|randomblob|changes|total_changes|last_insert_rowid)\s*\(|\bcurrent_(?:timestamp|date|time)\b|['"]now['"]|\b(?:datetime|date|time|julianday|unixepoch)\s*\(\s*\)|\bstrftime\s*\(\s*'[^']*'\s*\)/i

/**
 * Tables, in lower case, in which the files write the time or chance, by their own text or by that of a default or trigger, also by way
 * of another such table: run again, they leave other rows there.
 */
export function uncertainTables(
  statements: readonly StatementEvidence[],
  ...catalogs: readonly DetailedCatalog[]
): Set<string> {
  const uncertain = new Set<string>()
  for (const { sql, anatomy, touches } of statements) {
    const { alteration, target = '' } = anatomy
    if (alteration?.kind === 'rename-table' && uncertain.has(target.toLowerCase()))
      uncertain.add(alteration.to.toLowerCase())
    const names = (how: (of: string) => boolean): string[] =>
      touches.filter((touch) => how(touch.how)).map(({ table }) => table.toLowerCase())
    const made = anatomy.verb === 'create-table' && anatomy.copies ? [target.toLowerCase()] : []
    const written = [...names((how) => how !== 'read'), ...made]
    const texts = [sql, ...written.flatMap((table) => catalogs.flatMap((one) => textsOf(one, table)))]
    const read = names((how) => how === 'read')
    if (texts.some((text) => VOLATILE.test(text)) || read.some((table) => uncertain.has(table)))
      for (const table of written) uncertain.add(table)
  }
  return uncertain
}

/** Its own text, which has the defaults, and its triggers'. */
function textsOf({ tables, triggers }: DetailedCatalog, table: string): string[] {
  const own = tables.get(table)?.sql
  const fired = [...triggers.values()].filter((one) => one.table.toLowerCase() === table)
  return [...(own === undefined ? [] : [own]), ...fired.map(({ sql }) => sql)]
}
