import type { DatabaseSync } from 'node:sqlite'
import { defined } from '../../contract/defined.js'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { DataComparison, TableFate } from '../evidence.js'
import { appearedRows } from './appeared-rows.js'
import { amongOthers } from './among-others.js'
import { compareByKey } from './by-key.js'
import { computedChanges, computedPairs } from './computed-columns.js'
import { withoutDuplicates } from './deduplicated.js'
import { isSameKey, knownAgain } from './known-again.js'
import { relocate } from './moved-rows.js'
import { clearedColumn, columnsTogether, goneColumn, mergedColumn, shortenedColumn } from './moved-values.js'
import { withEqualRows } from './equal-rows.js'
import { keyOf, number, pairsOf, type Pair } from './row-keys.js'
import { putIn } from './rows-put-in.js'
import { sharedKeys } from './shared-keys.js'
import { withSummed } from './summed-rows.js'
import type { Versions } from './versions.js'
import { compareWithoutKey } from './without-key.js'

/**
 * Compares the rows of one table before and after, inside SQLite: nothing but counts and a few samples enters memory.
 * Rows are matched by the primary key (else the rowid, else a unique key, else by their whole content), so a rebuilt or
 * renamed table that holds the same rows shows no difference.
 */
export function compareTable(versions: Versions, fate: TableFate): DataComparison {
  const { database } = versions
  const prior = `prior.${quoteName(fate.before.name)}`
  const rowsBefore = number(database, `SELECT count(*) AS n FROM ${prior}`)
  const none: DataComparison = {
    ...{ rowsBefore, rowsAfter: 0, lost: 0, moved: 0, lostSamples: [] },
    ...{ columns: [], filled: [], nulls: [], multiplied: 0 },
  }
  if (rowsBefore === 0) {
    const rowsAfter =
      fate.after === undefined
        ? 0
        : number(database, `SELECT count(*) AS n FROM main.${quoteName(fate.after.name)}`)
    const empty = { ...none, rowsAfter }
    return fate.after === undefined ? empty : withAppeared(versions, fate, fate.after, empty, undefined)
  }
  const { after } = fate
  if (after === undefined) {
    const moved = relocate(versions, fate, { ...none, lost: rowsBefore }, undefined)
    return { ...moved, ...defined({ among: amongOthers(versions, fate, moved) }) }
  }
  const rowsAfter = number(database, `SELECT count(*) AS n FROM main.${quoteName(after.name)}`)
  const pairs = pairsOf(fate, after)
  const identities = knownAgain(versions, fate, after, pairs)
  const [key] = identities
  const found = !fate.written
    ? { ...none, rowsAfter }
    : key === undefined
      ? compareWithoutKey(
          database,
          fate,
          after,
          pairs,
          { ...none, rowsAfter },
          { othersPutIn: putIn(versions.statements, fate) !== undefined },
        )
      : compareByKey(versions, fate, after, pairs, identities, { ...none, rowsAfter })
  const plain = keyOf(fate, after, pairs)
  const ways = [...identities.slice(0, 1), ...(plain === undefined || isSameKey(plain, key) ? [] : [plain])]
  const known = new Set([...pairs, ...computedPairs(fate, after)].map(({ was }) => was))
  const computed = computedChanges(versions, fate, after, pairs, ways[0], found)
  const gone = fate.before.columns
    .filter(({ name, generated }) => !generated && !known.has(name))
    .map(({ name }) => goneColumn(versions, fate, after, name, ways))
  const together = columnsTogether(versions, fate, gone)
  const compared = {
    ...found,
    columns: [
      ...[...found.columns, ...computed].map((change) =>
        [clearedColumn, shortenedColumn, mergedColumn].reduce(
          (told, judge) => judge(versions, fate, after, ways, told),
          change,
        ),
      ),
      ...together.filter(({ values, withRows = 0 }) => values + withRows > 0),
    ],
    nulls: nullsRefused(database, fate, after, pairs),
  }
  const merged = withSummed(versions, fate, after, pairs, compared)
  const settled = merged.lost > 0 ? relocate(versions, fate, merged, key) : merged
  const equals = withEqualRows(versions, fate, after, pairs, key, settled)
  const counted = withoutDuplicates(versions, fate, after, pairs, equals)
  const shared = sharedKeys(versions, fate, after, pairs)
  return withAppeared(versions, fate, after, { ...counted, shared }, key)
}

function withAppeared(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  found: DataComparison,
  key: Pair[] | undefined,
): DataComparison {
  return { ...found, ...defined({ appeared: appearedRows(versions, fate, after, found, key) }) }
}

/** How many NULLs there were before in columns that may not be NULL any more. */
function nullsRefused(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
): DataComparison['nulls'] {
  const columnOf = (table: TableSchema, name: string) => table.columns.find((it) => it.name === name)
  return pairs
    .filter(
      ({ was, is }) => columnOf(after, is)?.notNull === true && columnOf(fate.before, was)?.notNull !== true,
    )
    .map(({ was }) => {
      const where = `${quoteName(was)} IS NULL`
      const from = `prior.${quoteName(fate.before.name)}`
      return { column: was, rows: number(database, `SELECT count(*) AS n FROM ${from} WHERE ${where}`) }
    })
}
