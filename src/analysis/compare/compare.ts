import type { DatabaseSync } from 'node:sqlite'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { columnChanges, differ } from './column-changes.js'
import type { ColumnChange, DataComparison, TableFate } from '../evidence.js'
import { becomesNumber } from './text-to-number.js'
import {
  column,
  join,
  keyOf,
  missingRows,
  number,
  pairsOf,
  ROWID,
  sampleRows,
  type Pair,
} from './row-keys.js'
import { goneColumn } from './moved-values.js'
import type { Versions } from './versions.js'
import { relocate } from './moved-rows.js'

/**
 * Compares the rows of one table before and after, inside SQLite: nothing but counts and a few samples enters memory.
 * Rows are matched by the primary key (else the rowid, else a unique key, else by their whole content), so a rebuilt or
 * renamed table that holds the same rows shows no difference.
 */
export function compareTable(versions: Versions, fate: TableFate): DataComparison {
  const { database } = versions
  const prior = `prior.${quoteName(fate.before.name)}`
  const rowsBefore = number(database, `SELECT count(*) AS n FROM ${prior}`)
  const none: DataComparison = { rowsBefore, rowsAfter: 0, lost: 0, moved: 0, lostSamples: [], columns: [] }
  if (rowsBefore === 0) {
    const rowsAfter =
      fate.after === undefined
        ? 0
        : number(database, `SELECT count(*) AS n FROM main.${quoteName(fate.after.name)}`)
    return { ...none, rowsAfter }
  }
  const { after } = fate
  if (after === undefined) return relocate(versions, fate, { ...none, lost: rowsBefore }, undefined)
  const rowsAfter = number(database, `SELECT count(*) AS n FROM main.${quoteName(after.name)}`)
  const pairs = pairsOf(fate, after)
  const key = keyOf(fate, after, pairs)
  const found = !fate.written
    ? { ...none, rowsAfter }
    : key === undefined
      ? compareWhole(database, fate, after, pairs, { ...none, rowsAfter })
      : compareByKey(versions, fate, after, pairs, key, { ...none, rowsAfter })
  const gone = fate.before.columns
    .filter(({ name, generated }) => !generated && !pairs.some(({ was }) => was === name))
    .map(({ name }) => goneColumn(versions, fate, after, name, key))
  const compared = { ...found, columns: [...found.columns, ...gone.filter(({ values }) => values > 0)] }
  return compared.lost > 0 ? relocate(versions, fate, compared, key) : compared
}

function compareByKey(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  key: Pair[],
  start: DataComparison,
): DataComparison {
  const { database } = versions
  const from = `prior.${quoteName(fate.before.name)} b CROSS JOIN main.${quoteName(after.name)} s ON ${join(key)}`
  const compared = pairs.filter((pair) => !key.some(({ was }) => was === pair.was))
  const retyped = pairs.filter((pair) => becomesNumber(pair, fate.before, after))
  const looked = pairs.filter((pair) => compared.includes(pair) || retyped.includes(pair))
  const differs = looked.map((pair) => differ(pair, retyped))
  const row = database
    .prepare(
      `SELECT count(*) AS matched, count(CASE WHEN ${differs.join(' OR ') || '0'} THEN 1 END) AS differing FROM ${from}`,
    )
    .get()
  const matched = Math.min(Number(row?.['matched']), start.rowsBefore)
  const columns = Number(row?.['differing']) === 0 ? [] : columnChanges(database, from, looked, key, retyped)
  const uniform = uniformColumns(database, fate, after, columns)
  const lost = start.rowsBefore - matched
  const kept = {
    ...start,
    columns: columns.map((change) =>
      uniform.includes(change.column) ? { ...change, uniform: true } : change,
    ),
  }
  if (lost === 0) return kept
  if (start.rowsAfter >= start.rowsBefore && onlyUpdated(versions, fate)) return withNewKeys(kept, key, lost)
  return lostRows(database, fate, after, compared, key, { ...kept, lost }, matched)
}

/** Columns that hold one and the same value in every row, where they held several. */
function uniformColumns(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  changes: ColumnChange[],
): string[] {
  const distinct = (table: string, name: string): number =>
    number(
      database,
      `SELECT count(*) AS n FROM (SELECT DISTINCT ${quoteName(name)} FROM ${table} WHERE ${quoteName(name)} IS NOT NULL LIMIT 2)`,
    )
  return changes
    .filter(({ changed, values }) => changed > 0 && values > 1)
    .filter(({ column: was, after: is }) => {
      if (is === undefined) return false
      const before = distinct(`prior.${quoteName(fate.before.name)}`, was)
      return before > 1 && distinct(`main.${quoteName(after.name)}`, is) === 1
    })
    .map((change) => change.column)
}

/** No statement took a row out of the table: one whose key is gone got another key. */
function onlyUpdated({ statements }: Versions, fate: TableFate): boolean {
  const name = fate.before.name.toLowerCase()
  return (
    fate.how === 'kept' &&
    !statements.some(({ touches }) =>
      touches.some(({ table, how }) => how === 'delete' && table.toLowerCase() === name),
    )
  )
}

/** The rows that are missing under their key are there under another one. */
function withNewKeys(found: DataComparison, [first]: Pair[], changed: number): DataComparison {
  if (first === undefined || first.was === ROWID) return { ...found, lost: 0 }
  const change = {
    column: first.was,
    after: first.is,
    values: found.rowsBefore,
    nulled: 0,
    changed,
    samples: [],
  }
  return { ...found, lost: 0, columns: [...found.columns, change] }
}

/** Rows whose key is gone: lost, unless their other columns are found in rows of another key. */
function lostRows(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  compared: Pair[],
  key: Pair[],
  found: DataComparison,
  matched: number,
): DataComparison {
  const missing = missingRows(fate, after, key)
  const gained = found.rowsAfter - matched
  if (gained >= found.lost && compared.length > 0) {
    const was = compared.map((pair) => column('b', pair.was)).join(', ')
    const is = compared.map((pair) => column('s', pair.is)).join(', ')
    const unknown = number(
      database,
      `SELECT count(*) AS n FROM (SELECT ${was} FROM ${missing} EXCEPT SELECT ${is} FROM main.${quoteName(after.name)} s)`,
    )
    if (unknown === 0) return withNewKeys(found, key, found.lost)
  }
  return { ...found, lostSamples: sampleRows(database, fate, missing) }
}

/** Without a key only whole rows can be compared: those of before that no row of after equals. */
function compareWhole(
  database: DatabaseSync,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  start: DataComparison,
): DataComparison {
  const fewer = Math.max(0, start.rowsBefore - start.rowsAfter)
  if (pairs.length === 0) return { ...start, lost: start.rowsBefore }
  const was = pairs.map((pair) => column('b', pair.was)).join(', ')
  const is = pairs.map((pair) => column('s', pair.is)).join(', ')
  const before = `prior.${quoteName(fate.before.name)} b`
  const now = `main.${quoteName(after.name)} s`
  const unknown = number(
    database,
    `SELECT count(*) AS n FROM (SELECT ${was} FROM ${before} EXCEPT SELECT ${is} FROM ${now})`,
  )
  if (unknown === 0) return { ...start, lost: fewer }
  const columns = pairs.flatMap((pair): ColumnChange[] => {
    const values = number(database, `SELECT count(${column('b', pair.was)}) AS n FROM ${before}`)
    const kept = number(database, `SELECT count(${column('s', pair.is)}) AS n FROM ${now}`)
    const nulled = fewer === 0 ? Math.max(0, values - kept) : 0
    const changed = number(
      database,
      `SELECT count(*) AS n FROM (SELECT ${column('b', pair.was)} FROM ${before} WHERE ${column('b', pair.was)} IS NOT NULL EXCEPT SELECT ${column('s', pair.is)} FROM ${now})`,
    )
    if (nulled === 0 && (changed === 0 || fewer > 0)) return []
    return [
      { column: pair.was, after: pair.is, values, nulled, changed: nulled > 0 ? 0 : changed, samples: [] },
    ]
  })
  return {
    ...start,
    lost: columns.length > 0 ? fewer : Math.max(fewer, start.rowsAfter >= start.rowsBefore ? 0 : unknown),
    columns,
  }
}
