import { sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { DataComparison, TableFate } from '../evidence.js'
import { filledBySeveral } from './candidates.js'
import { column, number } from './row-keys.js'
import type { Versions } from './versions.js'

/**
 * The table in which all rows of a dropped one stand among those of others, where none of its columns tells them apart: the rows are there, but that
 * they were of this table is gone. A column tells that the migration filled, or that says one and the same of several rows, and of no other.
 */
export function amongOthers(
  versions: Versions,
  fate: TableFate,
  { moved, lost, movedTo, underOtherKeys }: DataComparison,
): string | undefined {
  const { database } = versions
  const table = tableNamed(versions.after, movedTo ?? '')
  if (fate.after !== undefined || lost > 0 || moved === 0 || table === undefined) return undefined
  const into = `main.${quoteName(table.name)} t`
  const all = number(database, `SELECT count(*) AS n FROM ${into}`)
  if (all <= moved || !(filledBySeveral(versions, table.name) || hadRows(versions, table.name)))
    return undefined
  const pairs = fate.before.columns
    .filter(({ generated, keyPosition }) => !generated && !(underOtherKeys === true && keyPosition > 0))
    .map(({ name }) => ({ was: name, is: columnFor(fate, name, table) }))
  const text = (alias: string, names: (string | undefined)[]): string =>
    names.map((name) => `quote(${column(alias, name ?? '')})`).join(` || ',' || `)
  if (pairs.length === 0 || pairs.some(({ is }) => is === undefined)) return undefined
  const here = text(
    't',
    pairs.map(({ is }) => is),
  )
  const there = text(
    'b',
    pairs.map(({ was }) => was),
  )
  const own = `${here} IN (SELECT ${there} FROM prior.${quoteName(fate.before.name)} b)`
  if (number(database, `SELECT count(*) AS n FROM ${into} WHERE ${own}`) < moved) return undefined
  const told = table.columns
    .filter(({ name }) => !isUnique(table, name))
    .some(({ name }) => {
      const value = column('t', name)
      const shared = `SELECT ${value} FROM ${into} WHERE ${own} INTERSECT SELECT ${value} FROM ${into} WHERE NOT (${own}) LIMIT 1`
      if (database.prepare(shared).get() !== undefined) return false
      if (!pairs.some(({ is }) => is === name)) return true
      return (
        moved > 1 && number(database, `SELECT count(DISTINCT ${value}) AS n FROM ${into} WHERE ${own}`) === 1
      )
    })
  return told ? undefined : table.name
}

function hadRows({ database, before }: Versions, name: string): boolean {
  const old = tableNamed(before, name)
  const sql = `SELECT 1 FROM prior.${quoteName(old?.name ?? '')} LIMIT 1`
  return old !== undefined && database.prepare(sql).get() !== undefined
}

function columnFor({ heirs }: TableFate, name: string, table: TableSchema): string | undefined {
  const namesake = table.columns.find((it) => sameName(it.name, name))?.name
  return namesake ?? heirs.find((heir) => heir.table === table.name && heir.column === name)?.is
}

function isUnique({ primaryKey, indexes }: TableSchema, name: string): boolean {
  const keys = [primaryKey, ...indexes.filter(({ unique }) => unique).map(({ columns }) => columns)]
  return keys.some(([only, ...more]) => more.length === 0 && only === name)
}
