import { pairsOf } from '../compare/row-keys.js'
import type { Evidence, TableFate } from '../evidence.js'

/**
 * What a reverse that was written on empty tables does not bring back, one sentence each table: there was no row to write out, so it is
 * told from the statements and from what became of the tables.
 */
export function unwrittenRows({ fates, statements }: Pick<Evidence, 'fates' | 'statements'>): string[] {
  return fates.flatMap((fate) => {
    const { name, kind, columns } = fate.before
    if (kind === 'shadow' || fate.before.search?.kind === 'table') return []
    if (fate.after === undefined)
      return [`The rows of ${name} do not come back: the migration drops the table.`]
    const pairs = pairsOf(fate, fate.after)
    const gone = columns
      .filter((column) => !column.generated && !pairs.some(({ was }) => was === column.name))
      .map((column) => `${name}.${column.name}`)
    const lost =
      gone.length === 0
        ? []
        : [`The values of ${gone.join(', ')} do not come back: the migration drops them.`]
    const deeds = deedsIn(fate, statements)
    if (fate.how === 'rebuilt')
      return [
        ...lost,
        `Rows and values of ${name} that the copy into its new table changes or leaves out stay so.`,
      ]
    if (deeds.length === 0) return lost
    return [
      ...lost,
      `Rows of ${name} stay as the migration leaves them: it ${deeds.join(' and ')} rows there.`,
    ]
  })
}

const DEEDS = { insert: 'inserts', update: 'updates', delete: 'deletes' } as const

/** Triggers and foreign keys that a statement fires included. ALTER TABLE writes rows too, but no values of other columns. */
function deedsIn({ before, after }: TableFate, statements: Evidence['statements']): string[] {
  const own = new Set([before.name, after?.name ?? before.name].map((name) => name.toLowerCase()))
  const touches = statements
    .filter(({ anatomy }) => anatomy.verb !== 'alter-table')
    .flatMap((statement) => statement.touches)
    .filter(({ table }) => own.has(table.toLowerCase()))
  return (['insert', 'update', 'delete'] as const)
    .filter((deed) => touches.some(({ how }) => how === deed))
    .map((deed) => DEEDS[deed])
}
