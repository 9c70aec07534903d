import { defined } from '../../contract/defined.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'
import { sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { AppearedRows, ColumnChange, DataComparison, StatementEvidence, TableFate } from '../evidence.js'
import { column, isAlias, isOfBefore, join, number, sampleText, SAMPLES, type Pair } from './row-keys.js'
import { readsFrom } from './reads-from.js'
import type { Versions } from './versions.js'
import { selectedFor } from './writers.js'

/**
 * Rows of a rebuilt table that it did not have and that no statement added from elsewhere: the copy made several of one, or the table
 * that takes its place was there already and had rows.
 */
export function appearedRows(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  found: DataComparison,
  key: Pair[] | undefined,
): AppearedRows | undefined {
  if (fate.how === 'kept' || isAlias(fate)) return undefined
  const names = namesOf(versions.statements, after.name)
  const added = versions.statements
    .filter(({ anatomy }) => anatomy.verb === 'insert' && names.has(lower(anatomy.target)))
    .filter((statement) => !readsFrom(versions.statements, statement, fate))
    .reduce((sum, { changes }) => sum + changes, 0)
  const leftover = leftoverOf(versions, fate, names)
  // Beside a table that was there, all that is not of before is its; else a row that is not may be one of before under another key.
  const strange = leftover === undefined ? 0 : found.lost + found.moved
  const rows = Math.max(found.rowsAfter - found.rowsBefore + strange - added, found.multiplied)
  if (rows <= 0) return undefined
  return {
    rows,
    samples: samplesOf(versions, fate, after, key),
    ...defined({
      leftover,
      each: leftover === undefined ? forEach(versions, fate, after, names) : undefined,
    }),
  }
}

/**
 * The unique columns of the new table of which the copies fill one with something that is not of the row: the region of a price, the element
 * of a list. Undefined where nothing tells the rows that were made of one apart.
 */
function forEach(
  { statements }: Versions,
  fate: TableFate,
  after: TableSchema,
  names: Set<string>,
): string[] | undefined {
  const all = after.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  const copies = statements.filter(
    (statement) =>
      statement.anatomy.verb === 'insert' &&
      names.has(lower(statement.anatomy.target)) &&
      readsFrom(statements, statement, fate),
  )
  const unique = after.indexes
    .filter(({ unique, partial }) => unique && !partial)
    .map(({ columns }) => columns)
  return [after.primaryKey, ...unique]
    .map((columns) => columns.flatMap((name) => name ?? []))
    .find((columns) =>
      columns.some((name) => {
        const values = copies.map(({ anatomy }) => selectedFor(anatomy, name, all))
        const literals = new Set(
          values.map(([only, ...more]) => (more.length === 0 ? only?.text : undefined)),
        )
        return (
          (copies.length > 1 && literals.size === copies.length && values.every(isLiteral)) ||
          copies.some(({ anatomy }, at) => isOfElsewhere(values[at] ?? [], anatomy.tokens, fate))
        )
      }),
    )
}

function isLiteral(value: Token[]): boolean {
  return value.length === 1 && /^(?:string|number)$/.test(value[0]?.kind ?? '')
}

/** It names a column that is none of the table's, or that another table has. */
function isOfElsewhere(value: Token[], statement: Token[], { before }: TableFate): boolean {
  const own = new Set([lower(before.name)])
  for (const [at, { text }] of statement.entries())
    if (sameName(unquote(text), before.name)) {
      const alias = statement[/^as$/i.test(statement[at + 1]?.text ?? '') ? at + 2 : at + 1]
      if (alias !== undefined) own.add(lower(unquote(alias.text)))
    }
  return value.some(({ kind, text }, at) => {
    const [prior, next] = [value[at - 1]?.text, value[at + 1]?.text]
    const isName =
      kind === 'name' ||
      (kind === 'word' &&
        !/^(?:null|true|false|case|when|then|else|end|and|or|not|is|in|as|current_\w+)$/i.test(text))
    if (!isName || next === '(' || next === '.') return false
    if (prior === '.') return !own.has(lower(unquote(value[at - 2]?.text ?? '')))
    return !/^as$/i.test(prior ?? '') && !before.columns.some(({ name }) => sameName(name, unquote(text)))
  })
}

/** Values that differ from before because the table that takes the place was there already and kept its own. */
export function withStaleValues(
  versions: Versions,
  fate: TableFate,
  after: TableSchema,
  key: Pair[],
  columns: ColumnChange[],
): ColumnChange[] {
  if (fate.how === 'kept' || isAlias(fate) || columns.length === 0) return columns
  const leftover = leftoverOf(versions, fate, namesOf(versions.statements, after.name))
  const old = leftover?.asked === true ? tableNamed(versions.before, leftover.table) : undefined
  const has = (name: string): boolean => old?.columns.some((it) => it.name === name) ?? false
  if (old === undefined || !key.every(({ is }) => has(is))) return columns
  const on = key.map(({ is }) => `${column('o', is)} IS ${column('s', is)}`).join(' AND ')
  const from = `prior.${quoteName(fate.before.name)} b CROSS JOIN main.${quoteName(after.name)} s ON ${join(key)} CROSS JOIN prior.${quoteName(old.name)} o ON ${on}`
  return columns.map((change) => {
    const { column: was, after: is } = change
    if (is === undefined || !has(is)) return change
    const same = `${column('s', is)} IS ${column('o', is)} AND ${column('b', was)} IS NOT ${column('s', is)}`
    const stale = number(versions.database, `SELECT count(*) AS n FROM ${from} WHERE ${same}`)
    return stale === 0 ? change : { ...change, stale }
  })
}

/** Names under which a table of now was known. */
function namesOf(statements: StatementEvidence[], name: string): Set<string> {
  const names = new Set([lower(name)])
  for (const { anatomy } of [...statements].reverse()) {
    const { alteration, target } = anatomy
    if (alteration?.kind === 'rename-table' && names.has(lower(alteration.to))) names.add(lower(target))
  }
  return names
}

/** The table of before that took the place, with rows. */
function leftoverOf(
  { database, before, statements }: Versions,
  fate: TableFate,
  names: Set<string>,
): AppearedRows['leftover'] {
  const tables = [...names].flatMap((name) => tableNamed(before, name) ?? [])
  const table = tables.find(
    ({ name, kind }) => kind === 'table' && !sameName(name, fate.before.name) && !isDropped(statements, name),
  )
  if (table === undefined) return undefined
  const rows = number(database, `SELECT count(*) AS n FROM prior.${quoteName(table.name)}`)
  const asked = statements.some(
    ({ anatomy }) => anatomy.verb === 'create-table' && sameName(anatomy.target ?? '', table.name),
  )
  return rows === 0 ? undefined : { table: table.name, rows, asked }
}

function isDropped(statements: StatementEvidence[], table: string): boolean {
  return statements.some(
    ({ anatomy }) => anatomy.verb === 'drop-table' && sameName(anatomy.target ?? '', table),
  )
}

function samplesOf(
  { database }: Versions,
  fate: TableFate,
  after: TableSchema,
  key: Pair[] | undefined,
): string[] {
  const text = sampleText('s', after.columns)
  if (key === undefined || text === undefined) return []
  return database
    .prepare(
      `SELECT ${text} AS sample FROM main.${quoteName(after.name)} s WHERE NOT ${isOfBefore(fate, key)} LIMIT ${SAMPLES}`,
    )
    .all()
    .map((row) => String(row['sample']))
}

function lower(name: string | undefined): string {
  return (name ?? '').toLowerCase()
}
