import type { ReverseInput } from './input.js'
import type { TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { column, join, keyOf, missingRows, number, ROWID, type Pair } from '../compare/row-keys.js'
import type { TableFate } from '../evidence.js'
import { addedRowsGo } from '../../text/rollback-cost.js'
import { pairsBack } from './pairs-back.js'
import { insertsFor, literalLines } from './literal-rows.js'

/** Statements that give rows of one table back, written out from the backup. */
export interface RowsBack {
  table: TableSchema
  statements: string[]
  /** Rows that the forward migration added. */
  removals?: string[]
  tables: string[]
  price: string[]
}

/** All rows of a table that the forward migration dropped. */
export function missingTableRows({ database }: ReverseInput, table: TableSchema): RowsBack {
  const written = insertsFor(database, table.name, stored(table), `prior.${quoteName(table.name)} b`)
  if ('tooMany' in written) {
    return {
      table,
      statements: [],
      tables: [],
      price: [
        `The rows of ${table.name} are not written out: they are too many for a migration file, the backup holds them.`,
      ],
    }
  }
  return { table, statements: written.statements, tables: [table.name], price: [] }
}

/** Rows that the forward migration deleted, added or overwrote in a table that is still there. */
export function rowsBack(input: ReverseInput, fate: TableFate, now: TableSchema, rebuilt: boolean): RowsBack {
  const { database } = input
  const table = fate.before
  const pairs = pairsBack(fate, now)
  const key = keyOf(fate, now, pairs)
  const none: RowsBack = { table, statements: [], tables: [], price: [] }
  if (key === undefined || (rebuilt && key.some(({ was }) => was === ROWID))) {
    return sameContent(input, fate, now, pairs)
      ? none
      : { ...none, price: [`Rows of ${table.name} stay as they are: they have no key to know them by.`] }
  }
  // A number that is no column was not compared.
  if (fate.data?.identical === true && !key.some(({ was }) => was === ROWID)) return none
  const prior = `prior.${quoteName(table.name)} b`
  const main = `main.${quoteName(now.name)} s`
  const lost = insertsFor(
    database,
    table.name,
    [
      ...(key.some(({ was }) => was === ROWID) ? [['rowid', 'b.rowid'] as [string, string]] : []),
      ...stored(table),
    ],
    missingRows(fate, now, key),
  )
  const condition = (alias: 's'): string =>
    key
      .map(({ was, is }) => `'${escaped(target(was))} IS ' || quote(${column(alias, is)})`)
      .join(` || ' AND ' || `)
  const gained = literalLines(
    database,
    `'DELETE FROM ${escaped(quoteName(table.name))} WHERE ' || ${condition('s')}`,
    `${main} WHERE NOT EXISTS (SELECT 1 FROM ${prior} WHERE ${join(key)})`,
  )
  const changes = pairs
    .filter(({ was }) => !key.some((part) => part.was === was))
    .map(({ was, is }) =>
      literalLines(
        database,
        `'UPDATE ${escaped(quoteName(table.name))} SET ${escaped(quoteName(was))} = ' || quote(${column('b', was)}) || ' WHERE ' || ${condition('s')} || ' AND ${escaped(quoteName(was))} IS ' || quote(${column('s', is)})`,
        `${prior} CROSS JOIN ${main} ON ${join(key)} WHERE ${column('b', was)} COLLATE BINARY IS NOT ${column('s', is)}`,
      ),
    )
  const tooMany = 'tooMany' in lost || gained === undefined || changes.includes(undefined)
  if (tooMany) {
    return {
      ...none,
      price: [
        `Rows of ${table.name} that the migration changed stay as they are: they are too many for a migration file, the backup holds them.`,
      ],
    }
  }
  const updates = changes.flatMap((lines) => lines ?? [])
  const statements = [...updates, ...lost.statements]
  const touched = statements.length + gained.length > 0
  // Rows that are there under another key come back under theirs: none was added for them.
  const missing = number(database, `SELECT count(*) AS n FROM ${missingRows(fate, now, key)}`)
  const { lost: gone = missing, moved = 0, equal = 0 } = fate.data ?? {}
  const added = gained.length - Math.max(0, missing - gone - moved - equal)
  return {
    table,
    removals: gained,
    statements,
    tables: touched ? [table.name] : [],
    price: added <= 0 ? [] : [addedRowsGo(table.name, added)],
  }
}

function stored(table: TableSchema): [string, string][] {
  return table.columns.filter(({ generated }) => !generated).map(({ name }) => [name, column('b', name)])
}

function target(name: string): string {
  return name === ROWID ? 'rowid' : quoteName(name)
}

function sameContent({ database }: ReverseInput, fate: TableFate, now: TableSchema, pairs: Pair[]): boolean {
  const was = pairs.map((pair) => column('b', pair.was)).join(', ')
  const is = pairs.map((pair) => column('s', pair.is)).join(', ')
  if (was === '') return true
  const prior = `prior.${quoteName(fate.before.name)} b`
  const main = `main.${quoteName(now.name)} s`
  const count = (from: string): unknown => database.prepare(`SELECT count(*) AS n FROM ${from}`).get()?.['n']
  const strangers = database
    .prepare(`SELECT 1 FROM (SELECT ${was} FROM ${prior} EXCEPT SELECT ${is} FROM ${main}) LIMIT 1`)
    .get()
  return strangers === undefined && count(prior) === count(main)
}

/** For SQL text inside an SQL text. */
function escaped(text: string): string {
  return text.replaceAll("'", "''")
}
