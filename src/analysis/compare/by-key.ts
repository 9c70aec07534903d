import type { DatabaseSync } from 'node:sqlite'
import { defined } from '../../contract/defined.js'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { ColumnChange, DataComparison, TableFate } from '../evidence.js'
import { withStaleValues } from './appeared-rows.js'
import { columnChanges } from './column-changes.js'
import { differ } from './differing.js'
import { filledColumns } from './filled-nulls.js'
import { hasAllButKeys, withNewKeys } from './new-keys.js'
import { givesNewKeys, isGiven, leavesKeyToSqlite, onlyUpdated } from './row-identity.js'
import {
  column,
  isOfBefore,
  isUniqueAmong,
  join,
  missingRows,
  number,
  ROWID,
  sampleRows,
  SAMPLES,
  shownRows,
  type Pair,
} from './row-keys.js'
import { withTaken } from './taken-columns.js'
import { writingOf } from './writers.js'
import { uniformColumns } from './uniform-columns.js'
import type { Versions } from './versions.js'
import { rowsNotIn } from './whole-rows.js'
import { changedColumns, compareWithoutKey } from './without-key.js'

/** Rows by their identity, each way for those that the one before did not find. */
export function compareByKey(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  pairs: Pair[],
  [key = [], elsewhere]: Pair[][],
  start: DataComparison,
): DataComparison {
  const { database, statements } = versions
  const main = `main.${quoteName(after.name)} s`
  const every = `prior.${quoteName(fate.before.name)} b CROSS JOIN ${main} ON ${join(key)}`
  const compared = pairs.filter((pair) => !isIn(key, pair))
  const { matched: found, differing } = matchesIn(database, every, pairs)
  // Where several rows of now have one key, they must not stand for others that are gone.
  const matched = isUnique(after, key)
    ? Math.min(found, start.rowsBefore)
    : start.rowsBefore - number(database, `SELECT count(*) AS n FROM ${missingRows(fate, after, key)}`)
  if (matched === start.rowsBefore && differing === 0) {
    const identical = found === matched && start.rowsAfter === start.rowsBefore && isUnique(after, key)
    return { ...start, multiplied: found - matched, ...(identical ? { identical } : {}) }
  }
  if (leavesKeyToSqlite(statements, fate, after, key)) {
    if (hasAllButKeys(database, fate, after, compared))
      return renumbered(withNewKeys(versions, fate, after, { key, compared }, start, start.rowsBefore))
    if (compared.length > 0) return compareWithoutKey(database, fate, after, compared, start)
  }
  const writing = writingOf(statements, fate, after)
  const from = found > matched ? onceEach(fate, after, key, pairs) : every
  const others = differing === 0 ? [] : differingPairs(database, from, pairs)
  const columns = columnChanges(database, from, others, key, writing)
  const uniform = uniformColumns(database, fate, after, columns)
  const kept = {
    ...start,
    multiplied: Math.max(0, found - matched),
    filled: filledColumns(
      database,
      from,
      compared.filter((pair) => others.includes(pair)),
    ),
    columns: withStaleValues(versions, fate, after, key, withTaken(versions, fate, after, from, columns)).map(
      (change) => (uniform.includes(change.column) ? { ...change, uniform: true } : change),
    ),
  }
  const lost = start.rowsBefore - matched
  if (lost === 0) return kept
  if (start.rowsAfter >= start.rowsBefore && onlyUpdated(statements, fate)) {
    // Their key is no help: each other column is compared as a whole.
    const changed = changedColumns(database, fate, after, compared)
    return withNewKeys(
      versions,
      fate,
      after,
      { key, compared },
      { ...kept, columns: larger(kept.columns, changed) },
      lost,
    )
  }
  return lostRows(versions, fate, after, { key, elsewhere, pairs }, { ...kept, lost }, matched)
}

/** Both rows, each of before once: beside one that is as it was where there is one, of those that have its key now. */
function onceEach({ before }: TableFate, after: TableSchema, key: Pair[], pairs: Pair[]): string {
  const prior = `prior.${quoteName(before.name)} b`
  const differs = pairs.map(differ).join(' OR ') || '0'
  const asItWas = `EXISTS (SELECT 1 FROM ${prior} WHERE ${join(key)} AND NOT (${differs}))`
  const by = key.map(({ is }) => column('s', is)).join(', ')
  const ranked = `SELECT s.*, row_number() OVER (PARTITION BY ${by} ORDER BY ${asItWas} DESC) AS "d1-runbook rank" FROM main.${quoteName(after.name)} s`
  return `${prior} CROSS JOIN (SELECT * FROM (${ranked}) WHERE "d1-runbook rank" = 1) s ON ${join(key)}`
}

function isIn(key: Pair[], { was, is }: Pair): boolean {
  return key.some((part) => part.was === was && part.is === is)
}

/** Pairs of rows in a FROM clause, and those of them that differ in a column. */
function matchesIn(
  database: DatabaseSync,
  from: string,
  pairs: Pair[],
): { matched: number; differing: number } {
  const differs = pairs.map(differ).join(' OR ') || '0'
  const row = database
    .prepare(`SELECT count(*) AS matched, count(CASE WHEN ${differs} THEN 1 END) AS differing FROM ${from}`)
    .get()
  return { matched: Number(row?.['matched']), differing: Number(row?.['differing']) }
}

/** Those with at least one differing value: what became of the others is known, and asking costs nine counts a column. */
function differingPairs(database: DatabaseSync, from: string, pairs: Pair[]): Pair[] {
  const any = pairs.map((pair, at) => `max(${differ(pair)}) AS d${at}`)
  const row = database.prepare(`SELECT ${any.join(', ')} FROM ${from}`).get() ?? {}
  return pairs.filter((_pair, at) => Number(row[`d${at}`]) === 1)
}

function isUnique(table: TableSchema, key: Pair[]): boolean {
  const names = new Set(key.map(({ is }) => is))
  return names.has(ROWID) || isUniqueAmong(table, (name) => names.has(name))
}

function renumbered(found: DataComparison): DataComparison {
  return { ...found, columns: found.columns.map((change) => ({ ...change, renumbered: true as const })) }
}

/** Rows whose key is gone: lost, unless the copy put their key elsewhere, or their other columns are found in rows of another key. */
function lostRows(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  { key, elsewhere, pairs }: { key: Pair[]; elsewhere: Pair[] | undefined; pairs: Pair[] },
  found: DataComparison,
  matched: number,
): DataComparison {
  const { database, statements } = versions
  const missing = missingRows(fate, after, key)
  const compared = pairs.filter((pair) => !isIn(key, pair))
  const newKeys = givesNewKeys(statements, fate, after, key)
  const fewer = found.rowsBefore - found.rowsAfter
  const asLost = (): DataComparison => {
    if (fate.how !== 'kept' || !newKeys || fewer >= found.lost || isGiven(statements, fate))
      return { ...found, lostSamples: sampleRows(database, fate, missing) }
    // Nothing was put in: each row of now is one of before, and which of those that are not found by their key is not known.
    const known = withNewKeys(versions, fate, after, { key, compared }, found, found.lost - fewer)
    return { ...known, lost: fewer }
  }
  const others = found.rowsAfter - matched
  if (others <= 0 || (others < found.lost && !newKeys)) return asLost()
  const main = `main.${quoteName(after.name)} s`
  if (elsewhere !== undefined) {
    const from = `(SELECT * FROM ${missing}) b CROSS JOIN ${main} ON ${join(elsewhere)}`
    if (matchesIn(database, from, []).matched === found.lost) {
      const changes = columnChanges(database, from, pairs, elsewhere, writingOf(statements, fate, after))
      const columns = withTaken(versions, fate, after, from, changes)
      return { ...found, lost: 0, columns: summed(found.columns, columns) }
    }
  }
  if (compared.length === 0) return asLost()
  const unknown = rowsNotIn({ values: compared.map((pair) => column('b', pair.was)), from: missing }, [
    {
      values: compared.map((pair) => column('s', pair.is)),
      from: `${main} WHERE NOT ${isOfBefore(fate, key)}`,
    },
  ])
  if (database.prepare(`${unknown} LIMIT 1`).get() === undefined)
    return withNewKeys(versions, fate, after, { key, compared }, found, found.lost)
  const lost = newKeys ? number(database, `SELECT count(*) AS n FROM (${unknown})`) : found.lost
  if (lost === found.lost) return asLost()
  const known = withNewKeys(versions, fate, after, { key, compared }, found, found.lost - lost)
  return { ...known, lost, lostSamples: shownRows(database, compared.length, unknown) }
}

/** For each column the account that found more. */
function larger(some: ColumnChange[], others: ColumnChange[]): ColumnChange[] {
  const size = ({ nulled, changed }: ColumnChange): number => nulled + changed
  const more = others.filter(
    (other) =>
      size(other) >
      size(some.find(({ column }) => column === other.column) ?? { ...other, nulled: 0, changed: 0 }),
  )
  return [...some.filter(({ column }) => !more.some((other) => other.column === column)), ...more]
}

/** The changes of some rows and those of others. */
function summed(some: ColumnChange[], others: ColumnChange[]): ColumnChange[] {
  const both = some.map((change) => {
    const other = others.find(({ column }) => column === change.column)
    if (other === undefined) return change
    const { values, nulled, changed, samples } = other
    const { undone, ...both } = { ...change, ...other }
    return {
      ...{ ...both, ...(change.undone === other.undone ? defined({ undone }) : {}) },
      ...{
        values: change.values + values,
        nulled: change.nulled + nulled,
        changed: change.changed + changed,
      },
      samples: [...change.samples, ...samples].slice(0, SAMPLES),
    }
  })
  return [...both, ...others.filter(({ column }) => !some.some((change) => change.column === column))]
}
