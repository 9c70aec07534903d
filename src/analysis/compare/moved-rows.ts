import { sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { DataComparison, TableFate } from '../evidence.js'
import { foldedColumns } from './folded-columns.js'
import { foldedLists } from './folded-lists.js'
import { foldedIntoOwner } from './folded-owner.js'
import { foldedRows } from './folded-rows.js'
import { linkedRows } from './linked-rows.js'
import { notGivenBack, whereHeld } from './moved-values.js'
import { summedInto } from './summed-rows.js'
import type { Versions } from './versions.js'
import {
  column,
  isCalledAfter,
  lostAmong,
  missingRows,
  narrowed,
  number,
  sampleRows,
  shownRows,
  type Pair,
} from './row-keys.js'
import { saidByPlace } from './said-by-place.js'
import { rowsNotIn, type RowsOf } from './whole-rows.js'

/**
 * Rows that are missing under their key: moved where another table holds the whole row with its key, or where every value of them is
 * found by that key; lost otherwise.
 */
export function relocate(
  versions: Versions,
  fate: TableFate,
  found: DataComparison,
  key: Pair[] | undefined,
): DataComparison {
  const { database } = versions
  const rows =
    fate.after === undefined || key === undefined
      ? `prior.${quoteName(fate.before.name)} b`
      : missingRows(fate, fate.after, key)
  // Some of them have another key: which ones are lost is not known.
  if (number(database, `SELECT count(*) AS n FROM ${rows}`) > found.lost) return found
  const known = found.lostSamples.length > 0 ? found.lostSamples : undefined
  const asLost = (): DataComparison => ({ ...found, lostSamples: known ?? sampleRows(database, fate, rows) })
  const copies = fate.copiedTo
    .filter((copy) => !sameName(copy, fate.after?.name ?? ''))
    .flatMap((copy) => tableNamed(versions.after, copy) ?? [])
    .filter(({ kind }) => kind === 'table')
  // Without a key, rows that are there still cannot be told from those that are not.
  if (copies.length === 0 || (key === undefined && fate.after !== undefined)) return asLost()
  const columns = fate.before.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  const wanted: RowsOf = { values: columns.map((name) => column('b', name)), from: rows }
  const holders = copies.flatMap((table) => {
    const values = wholeRow(fate, columns, table, (name) => saidByPlace(versions, table, name))
    return values === undefined ? [] : [{ table, rows: { values, from: `main.${quoteName(table.name)} t` } }]
  })
  const unique = fate.before.primaryKey.length > 0
  const missing = rowsNotIn(
    wanted,
    holders.map((holder) => holder.rows),
    unique,
  )
  const lost = holders.length === 0 ? found.lost : number(database, `SELECT count(*) AS n FROM (${missing})`)
  if (lost === 0) {
    const holding = holders.filter(({ rows: held }) => {
      const left = number(database, `SELECT count(*) AS n FROM (${rowsNotIn(wanted, [held], unique)})`)
      return left < found.lost
    })
    return movedTo(
      found,
      found.lost,
      holding.map(({ table }) => table.name),
    )
  }
  const summed = fate.after === undefined ? summedInto(versions, fate, copies) : undefined
  if (summed !== undefined) {
    const { table, ...sums } = summed
    return { ...movedTo(found, found.lost, [table]), summed: sums }
  }
  const apart = valueByValue(versions, fate, rows, copies)
  if (apart !== undefined && apart.lost < found.lost) return partlyMoved(versions, fate, found, apart)
  const spare = spareNumber(versions.before, fate)
  const folded =
    foldedRows(versions, fate, rows, copies, spare) ??
    foldedLists(versions, fate, rows, copies, spare) ??
    foldedColumns(versions, fate, rows, copies, spare) ??
    foldedIntoOwner(versions, fate, rows, copies, spare)
  if (folded !== undefined) return partlyMoved(versions, fate, found, { ...folded, holders: [folded.table] })
  const linked = linkedRows(versions, fate, rows, copies, spare)
  if (linked !== undefined) {
    const moved = movedTo(found, found.lost - linked.lost, linked.tables)
    return { ...moved, lost: linked.lost, lostSamples: linked.lostSamples, underOtherKeys: true }
  }
  const renumbered = underOtherKeys(versions, fate, copies, found.lost)
  if (renumbered !== undefined) {
    const moved = movedTo(found, found.lost - renumbered.lost, [renumbered.table])
    const { lost: left, lostSamples } = renumbered
    return { ...moved, lost: left, lostSamples, underOtherKeys: true }
  }
  if (lost === found.lost) return asLost()
  const partly = movedTo(
    found,
    found.lost - lost,
    holders.map(({ table }) => table.name),
  )
  return { ...partly, lost, lostSamples: shownRows(database, columns.length, missing) }
}

/**
 * The table that took over the rows of a dropped one, all or most of them, but for the number that SQLite had given each, which nothing
 * referred to. Only rows that the migration added there count, equal ones as often as they were.
 */
function underOtherKeys(
  { database, before }: Versions,
  fate: TableFate,
  copies: TableSchema[],
  rows: number,
): { table: string; lost: number; lostSamples: string[] } | undefined {
  const { name, columns, primaryKey } = fate.before
  const [id] = columns.filter(({ keyPosition }) => keyPosition > 0)
  const others = columns.filter((it) => !it.generated && it !== id).map((it) => it.name)
  const numbers = primaryKey.length === 1 && id?.type === 'INTEGER' && others.length > 0
  if (fate.after !== undefined || !numbers || isReferredTo(before, name)) return undefined
  const wanted: RowsOf = {
    values: others.map((it) => column('b', it)),
    from: `prior.${quoteName(name)} b`,
  }
  const holders = copies.flatMap((table) => {
    const values = wholeRow(fate, others, table)
    if (values === undefined || table.withoutRowid || table.primaryKey.length === 0) return []
    const old = tableNamed(before, table.name)
    const added =
      old === undefined || old.withoutRowid
        ? ''
        : ` WHERE t.rowid NOT IN (SELECT rowid FROM prior.${quoteName(old.name)})`
    return [{ table: table.name, rows: { values, from: `main.${quoteName(table.name)} t${added}` } }]
  })
  const found = holders.map(({ table, rows: held }) => {
    const missing = rowsNotIn(wanted, [held])
    return { table, missing, lost: number(database, `SELECT count(*) AS n FROM (${missing})`) }
  })
  const [best] = found.sort((a, b) => a.lost - b.lost)
  if (best === undefined || best.lost * 2 > rows) return undefined
  const { table, missing, lost } = best
  return { table, lost, lostSamples: lost === 0 ? [] : shownRows(database, others.length, missing) }
}

/** By a foreign key, or by a column that is called after it. */
export function isReferredTo(catalog: Versions['before'], name: string, except: string[] = []): boolean {
  return [...catalog.tables.values()].some(
    (table) =>
      ![name, ...except].some((it) => sameName(it, table.name)) &&
      (table.foreignKeys.some(({ target }) => sameName(target, name)) ||
        table.columns.some((it) => isCalledAfter(it.name, name))),
  )
}

function movedTo(found: DataComparison, moved: number, tables: string[]): DataComparison {
  return { ...found, lost: 0, moved, movedTo: [...new Set(tables)].join(', '), lostSamples: [] }
}

/**
 * The columns of a copy that hold a row of before: those of the same name, else those that were filled from it. A key that the copy did
 * not take over is another key, whatever numbers it has.
 */
function wholeRow(
  fate: TableFate,
  columns: string[],
  table: TableSchema,
  saidOtherwise?: (column: string) => string,
): string[] | undefined {
  const heirs = fate.heirs.filter((heir) => heir.table === table.name)
  const found = columns.map((name) => {
    const inherits = heirs.filter((heir) => heir.column === name).map(({ is }) => is)
    const namesake = table.columns.find((it) => sameName(it.name, name))?.name
    const isKey = fate.before.primaryKey.includes(name)
    if (isKey && heirs.length > 0 && inherits.length === 0) return undefined
    const held = namesake ?? inherits[0]
    if (held !== undefined) return column('t', held)
    return isKey || heirs.length === 0 ? undefined : saidOtherwise?.(name)
  })
  return found.every((value) => value !== undefined) ? found : undefined
}

/** Rows that are elsewhere but for some. */
interface Apart {
  holders: string[]
  lost: number
  /** FROM clause of the lost ones. */
  missing: string | null
}

function partlyMoved(
  { database }: Versions,
  fate: TableFate,
  found: DataComparison,
  { holders, lost, missing }: Apart,
): DataComparison {
  const moved = movedTo(found, found.lost - lost, holders)
  return missing === null ? moved : { ...moved, lost, lostSamples: sampleRows(database, fate, missing) }
}

/** The number of a row that SQLite gave it and that nothing referred to. */
function spareNumber(
  before: Versions['before'],
  { before: { name, columns, primaryKey } }: TableFate,
): string | undefined {
  const [id] = columns.filter(({ keyPosition }) => keyPosition > 0)
  return primaryKey.length === 1 && id?.type === 'INTEGER' && !isReferredTo(before, name)
    ? id.name
    : undefined
}

/** The tables that give the values of the rows back by the key, and the rows of which they do not; undefined where one column is nowhere. */
function valueByValue(
  versions: Versions,
  fate: TableFate,
  rows: string,
  copies: TableSchema[],
): Apart | undefined {
  const { database } = versions
  const { primaryKey } = fate.before
  const others = fate.before.columns.filter(({ name, generated }) => !generated && !primaryKey.includes(name))
  if (primaryKey.length === 0 || others.length === 0) return undefined
  const key = primaryKey.map((name) => ({ was: name, is: name }))
  const keys = primaryKey.map((name, at) => `${column('b', name)} AS k${at}`).join(', ')
  const names = primaryKey.map((_, at) => `k${at}`).join(', ')
  const holders: string[] = []
  const unseen = others.map(({ name }) => `${column('b', name)} IS NULL`).join(' AND ')
  // A row that has nothing beside its key leaves nothing that would show that it was there.
  const lost = [`SELECT ${keys} FROM ${narrowed(rows, unseen)}`]
  for (const { name } of others) {
    const b = column('b', name)
    // A NULL is wanted as well: where a row of that key says something instead, it is another row.
    const wanted = { sql: `SELECT ${keys}, ${b} AS v FROM ${rows}`, keys: key.length }
    const some = database.prepare(`SELECT 1 FROM (${wanted.sql}) WHERE v IS NOT NULL LIMIT 1`).get()
    if (some === undefined && !copies.some((table) => table.columns.some((it) => sameName(it.name, name))))
      continue
    const held = whereHeld(versions, fate, undefined, name, key, wanted)
    if (held !== undefined) {
      holders.push(...held.split(', ').map((it) => it.split('.')[0] ?? it))
      continue
    }
    const part = notGivenBack(versions, fate, undefined, name, key, wanted)
    if (part.holders.length === 0) return undefined
    holders.push(...part.holders.map((it) => it.split('.')[0] ?? it))
    lost.push(`SELECT ${names} FROM (${part.missing})`)
  }
  const among = `(${primaryKey.map((name) => column('b', name)).join(', ')}) IN (${lost.join(' UNION ')})`
  return { holders, ...lostAmong(database, rows, among) }
}
