import type { StatementEvidence } from '../evidence.js'

/**
 * Whether a statement that was counted took rows out of a table, by itself, by a trigger or by a foreign key: most that can take some find
 * none on these rows. True where the counts do not tell.
 */
export function takesRows(
  { anatomy, touches, changes, counts, fires }: StatementEvidence,
  isIt: (table: string) => boolean,
): boolean {
  const does = (wanted: 'delete' | 'insert'): boolean =>
    touches.some(({ table, how }) => how === wanted && isIt(table))
  if (!does('delete')) return false
  const own = anatomy.target !== undefined && isIt(anatomy.target)
  if (own && anatomy.verb === 'delete' && changes === 0) return false
  const count = counts.find(({ table }) => isIt(table))
  if (count === undefined) return true
  if (!does('insert')) return count.after < count.before
  // What a trigger puts in is not told apart from what it takes.
  return !(own && anatomy.verb === 'insert' && fires === undefined) || count.after - count.before < changes
}

/** Whether a statement that was counted put rows into a table; true where that is not told. */
export function putsRows(
  { anatomy, touches, changes }: StatementEvidence,
  isIt: (table: string) => boolean,
): boolean {
  const idle = anatomy.verb === 'insert' && changes === 0 && isIt(anatomy.target ?? '')
  return !idle && touches.some(({ table, how }) => how === 'insert' && isIt(table))
}
