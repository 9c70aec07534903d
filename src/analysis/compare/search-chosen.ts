import type { DatabaseSync } from 'node:sqlite'
import { sameName, tableNamed, type DetailedCatalog, type TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import { searchFeed } from '../statement/search-triggers.js'
import { number } from './row-keys.js'
import { isRowid, type SearchSchema } from './search-feeds.js'

/** An index that reads its rows from a table and is to hold only some of them, as its triggers say. */
export interface ChosenRows {
  index: TableSchema
  table: string
  /** The column that numbers the rows. */
  rowid: string
  /** Over the alias `t`. */
  condition: string
}

/**
 * Which rows of its table the AFTER INSERT triggers put into an index that reads them from there; undefined where one of them puts in every
 * row, or says it otherwise. SQLite's own check calls such an index malformed all its life: it knows nothing of the choice.
 */
export function chosenRows(catalog: DetailedCatalog, index: TableSchema): ChosenRows | undefined {
  const { search } = index
  if (search?.kind !== 'table' || tableNamed(catalog, search.table)?.kind !== 'table') return undefined
  const feeds = [...catalog.triggers.values()].flatMap((trigger) => searchFeed(trigger, index.name) ?? [])
  const conditions = feeds.map(({ table, condition }) =>
    sameName(table, search.table) ? condition : undefined,
  )
  const told = conditions.filter((condition) => condition !== undefined)
  if (told.length === 0 || told.length < conditions.length) return undefined
  const condition = told.map((one) => `(${one})`).join(' OR ')
  return { index, table: search.table, rowid: search.rowid, condition }
}

/** It holds those rows and no others, each with its words: put in the others too, and SQLite's own check finds nothing. */
export function holdsChosen(
  database: DatabaseSync,
  schema: SearchSchema,
  chosen: ChosenRows | undefined,
): boolean {
  if (chosen === undefined) return false
  const name = quoteName(chosen.index.name)
  database.exec('SAVEPOINT chosen_rows')
  try {
    const held = `SELECT id FROM ${docsize(schema, chosen)}`
    const apart = number(
      database,
      `SELECT (SELECT count(*) FROM (${meant(schema, chosen)} EXCEPT ${held})) + (SELECT count(*) FROM (${held} EXCEPT ${meant(schema, chosen)})) AS n`,
    )
    if (apart > 0) return false
    database.exec(`${filling(schema, chosen)} WHERE (${chosen.condition}) IS NOT TRUE`)
    database.exec(`INSERT INTO ${schema}.${name} (${name}, rank) VALUES ('integrity-check', 1)`)
    return true
  } catch {
    return false
  } finally {
    database.exec('ROLLBACK TO chosen_rows; RELEASE chosen_rows')
  }
}

/** How many rows it is to hold. */
export function wanted(database: DatabaseSync, chosen: ChosenRows): number {
  return counted(database, meant('main', chosen))
}

/** How many of them it does not hold. */
export function lacking(database: DatabaseSync, chosen: ChosenRows): number {
  return counted(database, `${meant('main', chosen)} EXCEPT SELECT id FROM ${docsize('main', chosen)}`)
}

/** Statements, each without its `;`, that empty it and fill it with those rows. */
export function refillChosen(chosen: ChosenRows): string[] {
  const name = quoteName(chosen.index.name)
  return [
    `INSERT INTO ${name} (${name}) VALUES ('delete-all')`,
    `${filling(undefined, chosen)} WHERE ${chosen.condition}`,
  ]
}

function counted(database: DatabaseSync, rows: string): number {
  try {
    return number(database, `SELECT count(*) AS n FROM (${rows})`)
  } catch {
    // The condition needs what is not there.
    return 0
  }
}

function meant(schema: SearchSchema, { table, rowid, condition }: ChosenRows): string {
  return `SELECT ${column(rowid)} FROM ${schema}.${quoteName(table)} t WHERE ${condition}`
}

function filling(schema: SearchSchema | undefined, { index, table, rowid }: ChosenRows): string {
  const place = (name: string): string => `${schema === undefined ? '' : `${schema}.`}${quoteName(name)}`
  const names = index.columns.map(({ name }) => quoteName(name))
  const values = index.columns.map(({ name }) => column(name))
  return `INSERT INTO ${place(index.name)} (${['rowid', ...names].join(', ')}) SELECT ${[column(rowid), ...values].join(', ')} FROM ${place(table)} t`
}

function column(name: string): string {
  return `t.${isRowid(name) ? 'rowid' : quoteName(name)}`
}

function docsize(schema: SearchSchema, { index }: ChosenRows): string {
  return `${schema}.${quoteName(`${index.name}_docsize`)}`
}
