import type { DatabaseSync } from 'node:sqlite'
import { sameName, tableNamed, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { StatementEvidence } from '../evidence.js'
import { mentions } from '../statement/statement.js'
import { equates } from './candidates.js'
import type { Folding } from './folded-rows.js'
import { column, lostAmong, narrowed, number } from './row-keys.js'
import { assignments, selectedFor, upToComma } from './writers.js'

/** A new column of the owner, and the tokens of what a statement puts there. */
interface Filled {
  into: string
  expression: Parameters<typeof mentions>[0]
}

/**
 * Where rows of which each has one owner, and no owner several, are new columns of the owner's row: their values, or, of rows that say
 * nothing but their owner, a flag that the owners have and nobody else.
 */
export const foldedIntoOwner: Folding = (versions, { before }, rows, copies, spare) => {
  const { database, statements } = versions
  const all = before.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  const columns = all.length === 1 ? all : all.filter((name) => name !== spare)
  const count = number(database, `SELECT count(*) AS n FROM ${rows}`)
  for (const table of copies) {
    const [key, ...more] = table.primaryKey
    if (key === undefined || more.length > 0) continue
    const old = tableNamed(versions.before, table.name)
    const fresh = table.columns
      .filter(({ name, generated }) => !generated && !old?.columns.some((it) => sameName(it.name, name)))
      .map(({ name }) => name)
    for (const owner of columns) {
      const reading = statements.filter(
        ({ anatomy }) =>
          mentions(anatomy.tokens, before.name) &&
          equates(anatomy.tokens, { table: before.name, column: owner }, key),
      )
      const filled = reading.flatMap((statement) => filledBy(statement, table, fresh))
      const twice = `SELECT 1 FROM ${rows} GROUP BY ${column('b', owner)} HAVING count(*) > 1 LIMIT 1`
      if (filled.length === 0 || database.prepare(twice).get() !== undefined) continue
      const owned: Owned = { database, rows, table, key, owner }
      const values = columns.filter((name) => name !== owner)
      const held = values.length === 0 ? flagOf(owned, filled) : valuesOf(owned, values, filled)
      if (held === undefined) continue
      const there = `SELECT 1 FROM main.${quoteName(table.name)} t WHERE ${column('t', key)} = ${column('b', owner)} AND ${held.there}`
      const gone = lostAmong(database, rows, `NOT EXISTS (${there})`)
      if (gone.lost * 2 > count) continue
      const into = held.into.map((name) => `${table.name}.${name}`).join(', ')
      return { into, table: table.name, ...gone }
    }
  }
  return undefined
}

interface Owned {
  database: DatabaseSync
  /** FROM clause of the rows, of the alias `b`. */
  rows: string
  table: TableSchema
  /** Of the table. */
  key: string
  /** Column of the rows that says it. */
  owner: string
}

interface Held {
  into: string[]
  /** A condition on the row of the owner, `t`, and the one that is gone, `b`. */
  there: string
}

/** One value that a new column has for the owners alone. */
function flagOf({ database, rows, table, key, owner }: Owned, filled: Filled[]): Held | undefined {
  const owners = `main.${quoteName(table.name)} t`
  const gone = `(SELECT ${column('b', owner)} AS k FROM ${rows}) o`
  for (const { into } of filled) {
    const flag = column('t', into)
    const most = `SELECT quote(${flag}) AS value FROM ${owners} JOIN ${gone} ON o.k = ${column('t', key)} WHERE ${flag} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`
    const found = database.prepare(most).get()
    if (found === undefined) continue
    const there = `${flag} IS ${String(found['value'])}`
    const others = `SELECT 1 FROM ${owners} WHERE ${there} AND NOT EXISTS (SELECT 1 FROM ${gone} WHERE o.k = ${column('t', key)}) LIMIT 1`
    if (database.prepare(others).get() === undefined) return { into: [into], there }
  }
  return undefined
}

/** A new column for each value, which says of nobody else what one of them said. */
function valuesOf(
  { database, rows, table, key, owner }: Owned,
  values: string[],
  filled: Filled[],
): Held | undefined {
  const pairs = values.flatMap((name) => {
    const into = filled.find(({ expression }) => mentions(expression, name))?.into
    return into === undefined ? [] : [{ name, into }]
  })
  if (pairs.length < values.length) return undefined
  const same = pairs.map(
    ({ name, into }) => `(+${column('t', into)}) COLLATE BINARY IS +${column('b', name)}`,
  )
  const some = pairs.map(({ into }) => `${column('t', into)} IS NOT NULL`).join(' OR ')
  const owners = `SELECT ${column('b', owner)} FROM ${narrowed(rows, `${column('b', owner)} IS NOT NULL`)}`
  const said = `SELECT ${values.map((name) => column('b', name)).join(', ')} FROM ${rows}`
  const now = pairs.map(({ into }) => `+${column('t', into)}`).join(', ')
  const others = `SELECT 1 FROM main.${quoteName(table.name)} t WHERE (${some}) AND ${column('t', key)} NOT IN (${owners}) AND (${now}) IN (${said}) LIMIT 1`
  if (database.prepare(others).get() !== undefined) return undefined
  return { into: pairs.map(({ into }) => into), there: `(${some}) AND ${same.join(' AND ')}` }
}

function filledBy({ anatomy }: StatementEvidence, table: TableSchema, fresh: string[]): Filled[] {
  if (anatomy.verb === 'update')
    return sameName(anatomy.target ?? '', table.name)
      ? assignments(anatomy.tokens)
          .filter(({ column: set }) => fresh.some((name) => sameName(name, set)))
          .map(({ column: into, value }) => ({ into, expression: upToComma(value) }))
      : []
  const insertable = table.columns.filter(({ generated }) => !generated).map(({ name }) => name)
  return anatomy.copies
    ? fresh.map((into) => ({ into, expression: selectedFor(anatomy, into, insertable) }))
    : []
}
