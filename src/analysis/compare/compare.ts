import type { DatabaseSync } from 'node:sqlite'
import { defined } from '../../contract/defined.js'
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
import { appearedRows, withStaleValues } from './appeared-rows.js'
import { filledColumns } from './filled-nulls.js'
import { compareWithoutKey } from './without-key.js'
import { rowsNotIn } from './whole-rows.js'
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
  const none: DataComparison = {
    ...{ rowsBefore, rowsAfter: 0, lost: 0, moved: 0, lostSamples: [] },
    ...{ columns: [], filled: [], nulls: [] },
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
  if (after === undefined) return relocate(versions, fate, { ...none, lost: rowsBefore }, undefined)
  const rowsAfter = number(database, `SELECT count(*) AS n FROM main.${quoteName(after.name)}`)
  const pairs = pairsOf(fate, after)
  const key = keyOf(fate, after, pairs)
  const found = !fate.written
    ? { ...none, rowsAfter }
    : key === undefined
      ? compareWithoutKey(database, fate, after, pairs, { ...none, rowsAfter })
      : compareByKey(versions, fate, after, pairs, key, { ...none, rowsAfter })
  const gone = fate.before.columns
    .filter(({ name, generated }) => !generated && !pairs.some(({ was }) => was === name))
    .map(({ name }) => goneColumn(versions, fate, after, name, key))
  const compared = {
    ...found,
    columns: [...found.columns, ...gone.filter(({ values }) => values > 0)],
    nulls: nullsRefused(database, fate, after, pairs),
  }
  const settled = compared.lost > 0 ? relocate(versions, fate, compared, key) : compared
  return withAppeared(versions, fate, after, settled, key)
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
  const pairsFound = Number(row?.['matched'])
  // Where several rows of now have one key, they must not stand for others that are gone.
  const matched = isUnique(after, key)
    ? Math.min(pairsFound, start.rowsBefore)
    : start.rowsBefore - number(database, `SELECT count(*) AS n FROM ${missingRows(fate, after, key)}`)
  if (
    (matched < start.rowsBefore || Number(row?.['differing']) > 0) &&
    isRenumbered(versions, fate, after, compared, key)
  )
    return renumbered(withNewKeys(start, key, start.rowsBefore))
  const columns = Number(row?.['differing']) === 0 ? [] : columnChanges(database, from, looked, key, retyped)
  const uniform = uniformColumns(database, fate, after, columns)
  const lost = start.rowsBefore - matched
  const filled = Number(row?.['differing']) === 0 ? [] : filledColumns(database, from, compared)
  const kept = {
    ...start,
    filled,
    columns: withStaleValues(versions, fate, after, key, columns).map((change) =>
      uniform.includes(change.column) ? { ...change, uniform: true } : change,
    ),
  }
  if (lost === 0) return kept
  if (start.rowsAfter >= start.rowsBefore && onlyUpdated(versions, fate)) return withNewKeys(kept, key, lost)
  return lostRows(database, fate, after, compared, key, { ...kept, lost }, matched)
}

function isUnique(table: TableSchema, key: Pair[]): boolean {
  const names = new Set(key.map(({ is }) => is))
  const within = (columns: (string | null)[]): boolean =>
    columns.length > 0 && columns.every((name) => name !== null && names.has(name))
  return (
    names.has(ROWID) ||
    within(table.primaryKey) ||
    table.indexes.some(({ unique, partial, columns }) => unique && !partial && within(columns))
  )
}

/** A rebuild whose copy left the key to SQLite, and that holds all rows but for it. */
function isRenumbered(
  { database }: Versions,
  fate: TableFate,
  after: TableSchema,
  compared: Pair[],
  key: Pair[],
): boolean {
  const own = fate.heirs.filter(({ table }) => table === after.name)
  const copied = key.some(({ was }) => was === ROWID || own.some(({ column: from }) => from === was))
  if (fate.how === 'kept' || own.length === 0 || copied || compared.length === 0) return false
  const missing = rowsNotIn(
    { values: compared.map(({ was }) => column('b', was)), from: `prior.${quoteName(fate.before.name)} b` },
    [{ values: compared.map(({ is }) => column('s', is)), from: `main.${quoteName(after.name)} s` }],
  )
  return database.prepare(`${missing} LIMIT 1`).get() === undefined
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

function renumbered(found: DataComparison): DataComparison {
  return { ...found, columns: found.columns.map((change) => ({ ...change, renumbered: true as const })) }
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
    const there = `EXISTS (SELECT 1 FROM prior.${quoteName(fate.before.name)} b WHERE ${join(key)})`
    const unknown = rowsNotIn({ values: compared.map((pair) => column('b', pair.was)), from: missing }, [
      {
        values: compared.map((pair) => column('s', pair.is)),
        from: `main.${quoteName(after.name)} s WHERE NOT ${there}`,
      },
    ])
    if (database.prepare(`${unknown} LIMIT 1`).get() === undefined) return withNewKeys(found, key, found.lost)
  }
  return { ...found, lostSamples: sampleRows(database, fate, missing) }
}
