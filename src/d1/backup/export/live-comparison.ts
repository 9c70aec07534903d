import type { BackupWay, MovedTable } from '../../../contract/backup.js'
import type { Aggregates } from './aggregates.js'
import { grouped } from '../../../contract/number.js'

/** What the live database says of a copy. */
export interface LiveComparison {
  /** One sentence a difference that no writing explains. */
  problems: string[]
  moved: MovedTable[]
}

/**
 * Holds a copy against the sums of the live database before and after. What did not move must agree exactly, and of a table that only
 * grew the rows of before. Of a table that changed, the live side bounds the number of rows: outside of it, an export may have ended
 * early; rows that were read page by page cannot have, and move under the reader.
 */
export function judgeCopy(
  sides: { before: Aggregates; after: Aggregates; copy: Aggregates },
  way: BackupWay,
): LiveComparison {
  const seen: LiveComparison = { problems: [], moved: [] }
  const names = new Set([...sides.before.keys(), ...sides.after.keys(), ...sides.copy.keys()])
  for (const name of names) {
    const [before, after, copy] = [sides.before.get(name), sides.after.get(name), sides.copy.get(name)]
    if (before === undefined || after === undefined || copy === undefined) {
      seen.problems.push(`Table ${name} is not in the export as it is in the database.`)
      continue
    }
    const steady = before.sums === after.sums
    const [least, most] = [Math.min(before.rows, after.rows), Math.max(before.rows, after.rows)]
    if (steady && copy.sums !== before.sums)
      seen.problems.push(`Table ${name} is not in the export as it is in the database.`)
    else if (!steady && way === 'export' && (copy.rows < least || copy.rows > most))
      seen.problems.push(
        `Table ${name} was written to, and its ${grouped(copy.rows)} rows in the export are not between the ${grouped(before.rows)} before and the ${grouped(after.rows)} after it.`,
      )
    else if (!steady || before.rows !== after.rows || copy.rows !== before.rows)
      seen.moved.push({
        name,
        how: steady ? 'grew' : 'changed',
        before: before.rows,
        after: after.rows,
        copied: copy.rows,
      })
  }
  return seen
}
