import type { DatabaseSync } from 'node:sqlite'
import type { ColumnSchema, TableSchema } from '../../d1/schema/schema.js'
import { quoteName, shownValue } from '../../d1/sqlite/sqlite.js'
import type { TableFate } from '../evidence.js'

/** A column before and after. */
export interface Pair {
  /** Column before. */
  was: string
  /** Column after. */
  is: string
  /** For a key that was given anew: what the column after holds, as an expression of the row before. */
  by?: (alias: string) => string
  /** Where another row may have taken the key: the condition under which this row of before is the one that has it. */
  lives?: (alias: string) => string
}

/** Rows shown of what is found. */
export const SAMPLES = 3

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
  // A full-text table finds no row by `rowid IS …` without reading all.
  const rowids = !fate.before.withoutRowid && !after.withoutRowid && fate.before.kind === 'table'
  if (rowids && (fate.how === 'kept' || isAlias(fate))) return [{ was: ROWID, is: ROWID }]
  const unique = fate.before.indexes.find(
    (index) =>
      index.unique &&
      !index.partial &&
      index.columns.every((name) =>
        fate.before.columns.some((column) => column.name === name && column.notNull),
      ),
  )
  return unique === undefined ? undefined : mapped(unique.columns)
}

/** Stands for the implicit key of a table without one. */
export const ROWID = '\u0000rowid'

/** Renamed by ALTER TABLE: the same b-tree, so the same rowids. */
export function isAlias(fate: TableFate): boolean {
  return fate.how === 'renamed' && fate.ended?.anatomy.verb === 'alter-table'
}

/** A column of `b` (before) or `s` (after). */
export function column(alias: string, name: string): string {
  return name === ROWID ? `${alias}.rowid` : `${alias}.${quoteName(name)}`
}

/**
 * Keeps which rows of before a SELECT names, by these columns of theirs, in a table of the connection. `lives`: that the row of an alias is none
 * of them.
 */
export function leavingOut(
  database: DatabaseSync,
  name: string,
  own: string[],
  select: string,
): { rows: () => number; lives: (alias: string) => string } {
  const table = `temp.${quoteName(name)}`
  database.exec(`DROP TABLE IF EXISTS ${table}`)
  database.exec(`CREATE TABLE ${table} AS ${select}`)
  return {
    rows: () => number(database, `SELECT count(*) AS n FROM ${table}`),
    lives: (alias) => `(${own.map((one) => column(alias, one)).join(', ')}) NOT IN (SELECT * FROM ${table})`,
  }
}

/** Whether a column is called after a table as references to it are: `customer_id`, `customerId`. */
export function isCalledAfter(name: string, table: string): boolean {
  const stem = table.toLowerCase().replaceAll('_', '')
  const stems = [stem, stem.replace(/s$/, ''), stem.replace(/es$/, ''), stem.replace(/ies$/, 'y')]
  return stems.includes(name.toLowerCase().replaceAll('_', '').replace(/id$/, ''))
}

/** The condition under which `b` and `s` are the same row. */
export function join(key: Pair[]): string {
  const same = key.map((pair) => `${column('s', pair.is)} IS ${keyOfRow(pair)}`)
  return [...same, ...key.flatMap(({ lives }) => lives?.('b') ?? [])].join(' AND ')
}

/** What a part of the key of a row `b` is afterwards. */
export function keyOfRow({ was, by }: Pair): string {
  return by?.('b') ?? column('b', was)
}

/** FROM clause of the rows of before whose key is gone. */
export function missingRows(fate: TableFate, after: TableSchema, key: Pair[]): string {
  return `prior.${quoteName(fate.before.name)} b WHERE NOT EXISTS (SELECT 1 FROM main.${quoteName(after.name)} s WHERE ${join(key)})`
}

/** The condition under which a row `s` of now is one of before. */
export function isOfBefore(fate: TableFate, key: Pair[]): string {
  const prior = `prior.${quoteName(fate.before.name)} b`
  if (!key.some(({ by }) => by !== undefined)) return `EXISTS (SELECT 1 FROM ${prior} WHERE ${join(key)})`
  // No index finds a row by what is calculated of it: all of them are calculated once.
  const now = key.map(({ is }) => column('s', is)).join(', ')
  const lives = key.flatMap((pair) => pair.lives?.('b') ?? [])
  const where = lives.length === 0 ? '' : ` WHERE ${lives.join(' AND ')}`
  return `coalesce((${now}) IN (SELECT ${key.map(keyOfRow).join(', ')} FROM ${prior}${where}), 0)`
}

/** Columns that are shown of a row. */
const SHOWN = 4

/**
 * The first columns of a row `alias` (of the only table, where it is empty) as SQL literals, its key among them; where nothing else tells
 * which row it is, its rowid. Undefined without columns.
 */
export function sampleText(
  alias: string,
  columns: Pick<ColumnSchema, 'name' | 'keyPosition' | 'generated'>[],
): string | undefined {
  const own = columns.filter(({ generated }) => !generated)
  const keys = own.filter(({ keyPosition }) => keyPosition > 0)
  const first = own.slice(0, SHOWN)
  const shown = keys.every((it) => first.includes(it))
    ? first
    : [...new Set([...keys, ...own])].slice(0, SHOWN)
  if (shown.length === 0) return undefined
  const of = (name: string): string => (alias === '' ? name : `${alias}.${name}`)
  const values = shown.map(({ name }) => of(quoteName(name)))
  const text = values.map((value) => shownValue(value, 40)).join(` || ', ' || `)
  if (keys.length > 0 || own.some(({ name }) => name.toLowerCase() === 'rowid')) return text
  const nothing = values.map((value) => `${value} IS NULL`).join(' AND ')
  return `CASE WHEN ${nothing} THEN 'rowid ' || ${of('rowid')} ELSE ${text} END`
}

/** The first columns of a few rows, as SQL literals. */
export function sampleRows(database: DatabaseSync, fate: TableFate, from: string): string[] {
  const text = sampleText('b', fate.before.columns)
  if (text === undefined) return []
  return database
    .prepare(`SELECT ${text} AS sample FROM ${from} LIMIT ${SAMPLES}`)
    .all()
    .map((row) => String(row['sample']))
}

/** The first of the columns `x0`, `x1` … of a few rows of a SELECT, as SQL literals. */
export function shownRows(database: DatabaseSync, columns: number, select: string): string[] {
  const shown = Array.from({ length: Math.min(columns, 4) }, (_, at) => shownValue(`x${at}`, 40))
  return database
    .prepare(`SELECT ${shown.join(` || ', ' || `)} AS sample FROM (${select}) LIMIT ${SAMPLES}`)
    .all()
    .map((row) => String(row['sample']))
}

/** The number that a query answers as `n`. */
export function number(database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.['n'])
}

/** A FROM clause, of those of its rows for which the condition holds. */
export function narrowed(rows: string, condition: string): string {
  return `${rows} ${/ WHERE /.test(rows) ? 'AND' : 'WHERE'} ${condition}`
}

/** The rows for which the condition of being lost holds: how many, and their FROM clause, null where there is none. */
export function lostAmong(
  database: DatabaseSync,
  rows: string,
  condition: string,
): { lost: number; missing: string | null } {
  const missing = narrowed(rows, condition)
  const lost = number(database, `SELECT count(*) AS n FROM ${missing}`)
  return { lost, missing: lost === 0 ? null : missing }
}

/** Whether no two rows are equal in these columns: its key, or a whole unique index, lies among them. */
export function isUniqueAmong(
  { primaryKey, indexes }: TableSchema,
  named: (column: string) => boolean,
): boolean {
  const within = (columns: (string | null)[]): boolean =>
    columns.length > 0 && columns.every((name) => name !== null && named(name))
  return (
    within(primaryKey) ||
    indexes.some(({ unique, partial, columns }) => unique && !partial && within(columns))
  )
}
