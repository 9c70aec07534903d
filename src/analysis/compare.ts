import type { DatabaseSync } from 'node:sqlite'
import { tableNamed, type DetailedCatalog, type TableSchema } from '../d1/schema.js'
import { quoteName } from '../d1/sqlite.js'
import { mentions } from './anatomy.js'
import type { ColumnChange, DataComparison, StatementEvidence, TableFate } from './evidence.js'

/** Two versions of one database on one connection: `main` is the migrated one, `prior` the one before. */
export interface Versions {
  database: DatabaseSync
  after: DetailedCatalog
  statements: StatementEvidence[]
}

/** A column before and after. */
export interface Pair {
  /** Column before. */
  was: string
  /** Column after. */
  is: string
}

const SAMPLES = 3

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
    const rowsAfter = fate.after === undefined ? 0 : number(database, `SELECT count(*) AS n FROM main.${quoteName(fate.after.name)}`)
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

/** Columns that are in both, generated ones left out. */
export function pairsOf(fate: TableFate, after: TableSchema): Pair[] {
  return fate.before.columns.flatMap(({ name, generated }) => {
    const wanted = fate.renamedColumns.get(name.toLowerCase()) ?? name
    const now = after.columns.find((column) => column.name.toLowerCase() === wanted.toLowerCase())
    return generated || now === undefined || now.generated ? [] : [{ was: name, is: now.name }]
  })
}

/** How a row is found again: pairs of expressions, or undefined when only its content tells. */
export function keyOf(fate: TableFate, after: TableSchema, pairs: Pair[]): Pair[] | undefined {
  const mapped = (columns: (string | null)[]): Pair[] | undefined => {
    const found = columns.map((column) => pairs.find(({ was }) => was === column))
    return found.length > 0 && found.every((pair) => pair !== undefined) ? found : undefined
  }
  const primary = mapped(fate.before.primaryKey)
  if (primary !== undefined) return primary
  const rowids = !fate.before.withoutRowid && !after.withoutRowid
  if (rowids && (fate.how === 'kept' || isAlias(fate))) return [{ was: ROWID, is: ROWID }]
  const unique = fate.before.indexes.find(
    (index) =>
      index.unique &&
      !index.partial &&
      index.columns.every((name) => fate.before.columns.some((column) => column.name === name && column.notNull)),
  )
  return unique === undefined ? undefined : mapped(unique.columns)
}

/** Stands for the implicit key of a table without one. */
export const ROWID = '\u0000rowid'

/** Renamed by ALTER TABLE: the same b-tree, so the same rowids. */
function isAlias(fate: TableFate): boolean {
  return fate.how === 'renamed' && fate.ended?.anatomy.verb === 'alter-table'
}

/** A column of `b` (before) or `s` (after). */
export function column(alias: string, name: string): string {
  return name === ROWID ? `${alias}.rowid` : `${alias}.${quoteName(name)}`
}

/** The condition under which `b` and `s` are the same row. */
export function join(key: Pair[]): string {
  return key.map(({ was, is }) => `${column('s', is)} IS ${column('b', was)}`).join(' AND ')
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
  const differs = compared.map(({ was, is }) => `${column('b', was)} COLLATE BINARY IS NOT ${column('s', is)}`)
  const row = database
    .prepare(`SELECT count(*) AS matched, count(CASE WHEN ${differs.join(' OR ') || '0'} THEN 1 END) AS differing FROM ${from}`)
    .get()
  const matched = Math.min(Number(row?.['matched']), start.rowsBefore)
  const columns = Number(row?.['differing']) === 0 ? [] : columnChanges(database, from, compared, key)
  const uniform = uniformColumns(database, fate, after, columns)
  const lost = start.rowsBefore - matched
  const kept = { ...start, columns: columns.map((change) => (uniform.includes(change.column) ? { ...change, uniform: true } : change)) }
  if (lost === 0) return kept
  return lostRows(database, fate, after, compared, key, { ...kept, lost }, matched)
}

function columnChanges(database: DatabaseSync, from: string, compared: Pair[], key: Pair[]): ColumnChange[] {
  const counts = compared.flatMap(({ was, is }, at) => {
    const b = column('b', was)
    const s = column('s', is)
    return [
      `count(${b}) AS v${String(at)}`,
      `count(CASE WHEN ${b} IS NOT NULL AND ${s} IS NULL THEN 1 END) AS n${String(at)}`,
      `count(CASE WHEN ${s} IS NOT NULL AND ${b} COLLATE BINARY <> ${s} THEN 1 END) AS c${String(at)}`,
    ]
  })
  const row = database.prepare(`SELECT ${counts.join(', ')} FROM ${from}`).get() ?? {}
  return compared.flatMap(({ was, is }, at) => {
    const nulled = Number(row[`n${String(at)}`])
    const changed = Number(row[`c${String(at)}`])
    if (nulled + changed === 0) return []
    const keyText = key.map((pair) => `quote(${column('b', pair.was)})`).join(` || ', ' || `)
    const samples = database
      .prepare(
        `SELECT ${keyText} AS key, substr(quote(${column('b', was)}), 1, 80) AS before, substr(quote(${column('s', is)}), 1, 80) AS after
         FROM ${from} WHERE ${column('b', was)} IS NOT NULL AND ${column('b', was)} COLLATE BINARY IS NOT ${column('s', is)} LIMIT ${String(SAMPLES)}`,
      )
      .all()
      .map((sample) => ({
        key: String(sample['key']),
        before: String(sample['before']),
        after: String(sample['after']),
      }))
    return [{ column: was, after: is, values: Number(row[`v${String(at)}`]), nulled, changed, samples }]
  })
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
    if (unknown === 0) {
      const [first] = key
      const changes: ColumnChange[] =
        first === undefined || first.was === ROWID
          ? []
          : [{ column: first.was, after: first.is, values: found.rowsBefore, nulled: 0, changed: found.lost, samples: [] }]
      return { ...found, lost: 0, columns: [...found.columns, ...changes] }
    }
  }
  return { ...found, lostSamples: sampleRows(database, fate, missing) }
}

function missingRows(fate: TableFate, after: TableSchema, key: Pair[]): string {
  return `prior.${quoteName(fate.before.name)} b WHERE NOT EXISTS (SELECT 1 FROM main.${quoteName(after.name)} s WHERE ${join(key)})`
}

function sampleRows(database: DatabaseSync, fate: TableFate, from: string): string[] {
  const shown = fate.before.columns.filter(({ generated }) => !generated).slice(0, 4)
  const text = shown.map(({ name }) => `substr(quote(${column('b', name)}), 1, 40)`).join(` || ', ' || `)
  if (text === '') return []
  return database
    .prepare(`SELECT ${text} AS sample FROM ${from} LIMIT ${String(SAMPLES)}`)
    .all()
    .map((row) => String(row['sample']))
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
  const unknown = number(database, `SELECT count(*) AS n FROM (SELECT ${was} FROM ${before} EXCEPT SELECT ${is} FROM ${now})`)
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
    return [{ column: pair.was, after: pair.is, values, nulled, changed: nulled > 0 ? 0 : changed, samples: [] }]
  })
  return { ...start, lost: columns.length > 0 ? fewer : Math.max(fewer, start.rowsAfter >= start.rowsBefore ? 0 : unknown), columns }
}

/** A column that is no more: how many values went with it, and whether another column holds them. */
function goneColumn(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  key: Pair[] | undefined,
): ColumnChange {
  const { database, statements } = versions
  const values = number(
    database,
    `SELECT count(${quoteName(name)}) AS n FROM prior.${quoteName(fate.before.name)}`,
  )
  const change: ColumnChange = { column: name, values, nulled: values, changed: 0, samples: [] }
  if (values === 0) return change
  const samples = database
    .prepare(
      `SELECT DISTINCT substr(quote(${quoteName(name)}), 1, 80) AS v FROM prior.${quoteName(fate.before.name)} WHERE ${quoteName(name)} IS NOT NULL LIMIT ${String(SAMPLES)}`,
    )
    .all()
    .map((row) => ({ key: '', before: String(row['v']), after: 'gone' }))
  const writers = statements.filter(({ anatomy }) => mentions(anatomy.tokens, name) || anatomy.tokens.some(({ text }) => text === '*'))
  const own = key === undefined ? undefined : heldBeside(versions, fate, after, name, key, writers)
  const preservedIn = own ?? heldElsewhere(versions, fate, name, writers, `prior.${quoteName(fate.before.name)} b`)
  return { ...change, samples, ...(preservedIn === undefined ? {} : { preservedIn }) }
}

/** A new column of the same rows from which the old values can be told: equal to them, or one to one. */
function heldBeside(
  { database }: Versions,
  fate: TableFate,
  after: TableSchema,
  name: string,
  key: Pair[],
  writers: StatementEvidence[],
): string | undefined {
  const old = new Set(fate.before.columns.map((known) => known.name.toLowerCase()))
  const from = `prior.${quoteName(fate.before.name)} b JOIN main.${quoteName(after.name)} s ON ${join(key)}`
  for (const candidate of after.columns) {
    const written = writers.some(({ anatomy, touches }) => anatomy.verb !== 'alter-table' && touches.length > 0 && mentions(anatomy.tokens, candidate.name))
    if (old.has(candidate.name.toLowerCase()) || (!written && fate.how === 'kept')) continue
    const b = column('b', name)
    const s = column('s', candidate.name)
    const row = database
      .prepare(
        `SELECT count(*) AS pairs, count(DISTINCT old) AS olds, count(DISTINCT now) AS nows, count(CASE WHEN now IS NULL THEN 1 END) AS empty
         FROM (SELECT DISTINCT ${b} AS old, ${s} AS now FROM ${from} WHERE ${b} IS NOT NULL)`,
      )
      .get()
    const [pairs, olds, nows, empty] = ['pairs', 'olds', 'nows', 'empty'].map((field) => Number(row?.[field]))
    if (empty === 0 && pairs === olds && pairs === nows && written) return `${after.name}.${candidate.name}`
  }
  return undefined
}

/** A column of a table that was filled from this one and holds every value of these rows. */
function heldElsewhere(
  { database, after }: Versions,
  fate: TableFate,
  name: string,
  writers: StatementEvidence[],
  rows: string,
): string | undefined {
  const b = column('b', name)
  const condition = rows.includes(' WHERE ') ? `${rows} AND ${b} IS NOT NULL` : `${rows} WHERE ${b} IS NOT NULL`
  for (const copy of fate.copiedTo) {
    const table = tableNamed(after, copy)
    const fed = writers.some(({ touches }) => touches.some(({ table: to, how }) => how !== 'read' && to.toLowerCase() === copy.toLowerCase()))
    const same = table?.columns.some((candidate) => candidate.name.toLowerCase() === name.toLowerCase()) ?? false
    if (table === undefined || (!fed && !same)) continue
    const ordered = [...table.columns].sort(
      (x, y) => Number(y.name.toLowerCase() === name.toLowerCase()) - Number(x.name.toLowerCase() === name.toLowerCase()),
    )
    for (const candidate of ordered) {
      const missing = database
        .prepare(`SELECT 1 FROM ${condition} AND ${b} NOT IN (SELECT ${quoteName(candidate.name)} FROM main.${quoteName(table.name)} WHERE ${quoteName(candidate.name)} IS NOT NULL) LIMIT 1`)
        .get()
      if (missing === undefined) return `${table.name}.${candidate.name}`
    }
  }
  return undefined
}

/** Lost rows whose every value is held by tables that were filled from this one are moved, not lost. */
function relocate(versions: Versions, fate: TableFate, found: DataComparison, key: Pair[] | undefined): DataComparison {
  const rows =
    fate.after === undefined || key === undefined
      ? `prior.${quoteName(fate.before.name)} b`
      : missingRows(fate, fate.after, key)
  const samples = found.lostSamples.length > 0 ? found.lostSamples : sampleRows(versions.database, fate, rows)
  if (fate.copiedTo.length === 0) return { ...found, lostSamples: samples }
  const holders = fate.before.columns
    .filter(({ generated }) => !generated)
    .map(({ name }) => {
      const writers = versions.statements.filter(
        ({ anatomy }) => mentions(anatomy.tokens, name) || anatomy.tokens.some(({ text }) => text === '*'),
      )
      const empty = number(versions.database, `SELECT count(${column('b', name)}) AS n FROM ${rows}`) === 0
      return empty ? '' : heldElsewhere(versions, fate, name, writers, rows)
    })
  if (holders.some((holder) => holder === undefined)) return { ...found, lostSamples: samples }
  const movedTo = [...new Set(holders.map((holder) => holder?.split('.')[0] ?? '').filter((table) => table !== ''))].join(', ')
  const room = fate.copiedTo.some((copy) => {
    const table = tableNamed(versions.after, copy)
    return table !== undefined && number(versions.database, `SELECT count(*) AS n FROM main.${quoteName(table.name)}`) >= found.lost
  })
  return room ? { ...found, lost: 0, moved: found.lost, movedTo } : { ...found, lostSamples: samples }
}

function number(database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.['n'])
}
