import type { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../contract/failures.js'
import {
  sameName,
  type DetailedCatalog,
  type TableSchema,
  type TriggerSchema,
} from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { BrokenTable } from '../evidence.js'

interface Write {
  table: string
  /** As it is told: `INSERT`, `UPDATE of status`. */
  text: string
  sql: string
}

/**
 * Writes that SQLite no longer compiles, each with the trigger that is to blame: the one without which they compile. What fails
 * without any trigger has none. Triggers are taken away inside a savepoint that is rolled back.
 */
export function brokenWrites(database: DatabaseSync, catalog: DetailedCatalog): BrokenTable[] {
  const failing = [...catalog.tables.values()]
    .filter(({ kind }) => kind === 'table')
    .flatMap(writesTo)
    .filter(({ sql }) => failure(database, sql) !== undefined)
  if (failing.length === 0) return []
  const triggers = [...catalog.triggers.values()]
  const without = <T>(gone: TriggerSchema[], look: () => T): T => withoutTriggers(database, gone, look)
  const { bare, rest } = without(triggers, () => ({
    bare: told(database, failing, catalog),
    rest: failing.filter(({ sql }) => failure(database, sql) === undefined),
  }))
  const culprits = triggers.filter((trigger) => {
    const own = rest.filter(({ table }) => sameName(table, trigger.table))
    const others = triggers.filter((other) => other !== trigger)
    return own.length > 0 && without(others, () => told(database, own, catalog)).length > 0
  })
  const blamed = culprits.flatMap((trigger) => {
    const others = culprits.filter((other) => other !== trigger)
    return without(others, () => told(database, rest, catalog)).map((broken) => ({
      ...broken,
      trigger: trigger.name,
    }))
  })
  return [...bare, ...blamed]
}

/** One of each kind; of UPDATE one for each column, as triggers and keys are about some of them. */
function writesTo(table: TableSchema): Write[] {
  const name = quoteName(table.name)
  const columns = table.columns.filter(({ generated }) => !generated).map((column) => column.name)
  return [
    { table: table.name, text: 'INSERT', sql: `INSERT INTO ${name} DEFAULT VALUES` },
    ...columns.map((column) => ({
      table: table.name,
      text: `UPDATE of ${column}`,
      sql: `UPDATE ${name} SET ${quoteName(column)} = ${quoteName(column)}`,
    })),
    { table: table.name, text: 'DELETE', sql: `DELETE FROM ${name}` },
  ]
}

/** Those of the writes that fail, by table and SQLite's words. */
function told(database: DatabaseSync, writes: Write[], catalog: DetailedCatalog): BrokenTable[] {
  const found: BrokenTable[] = []
  for (const { table, text, sql } of writes) {
    const message = failure(database, sql)
    if (message === undefined) continue
    const known = found.find((it) => it.table === table && it.message === message)
    if (known === undefined) found.push({ type: 'table', table, writes: [text], message })
    else known.writes.push(text)
  }
  return found.map((it) => ({ ...it, writes: folded(it, catalog) }))
}

/** UPDATE of every column is UPDATE. */
function folded({ table, writes }: BrokenTable, catalog: DetailedCatalog): string[] {
  const all = catalog.tables.get(table.toLowerCase())?.columns.filter(({ generated }) => !generated) ?? []
  const updates = writes.filter((text) => text.startsWith('UPDATE'))
  if (updates.length < all.length || updates.length < 2) return writes
  return writes.flatMap((text) => (text === updates[0] ? ['UPDATE'] : updates.includes(text) ? [] : [text]))
}

function withoutTriggers<T>(database: DatabaseSync, gone: TriggerSchema[], look: () => T): T {
  database.exec('SAVEPOINT without_triggers')
  try {
    for (const { name } of gone) database.exec(`DROP TRIGGER main.${quoteName(name)}`)
    return look()
  } finally {
    database.exec('ROLLBACK TO without_triggers; RELEASE without_triggers')
  }
}

function failure(database: DatabaseSync, sql: string): string | undefined {
  try {
    database.prepare(`EXPLAIN ${sql}`)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
