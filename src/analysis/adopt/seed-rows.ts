import type { DatabaseSync } from 'node:sqlite'
import type { Difference } from '../../contract/adoption.js'
import type { DetailedCatalog, TableSchema } from '../../d1/schema/schema.js'
import { cellText, eachRow, openSqlite, quoteName, type Row, type SqlValue } from '../../d1/sqlite/sqlite.js'
import type { ChainState } from './chain.js'

const SAMPLES = 3

/** Rows that the files leave, held against those of the database; what was asked once is not asked again. */
export class SeedRows {
  readonly #asked = new Map<string, 'there' | 'edited' | 'missing'>()

  readonly #live: DatabaseSync
  readonly #catalog: DetailedCatalog

  constructor(live: DatabaseSync, catalog: DetailedCatalog) {
    this.#live = live
    this.#catalog = catalog
  }

  /** Rows of `state` that the database lacks, and those that it holds under their key with other values. */
  compare(state: ChainState, without?: ChainState): { missing: Difference[]; edited: Difference[] } {
    const missing: Difference[] = []
    const edited: Difference[] = []
    const old = without === undefined ? new Set<string>() : new Set(rowsOf(without).map(({ id }) => id))
    const added = rowsOf(state).filter(({ id }) => !old.has(id))
    for (const table of new Set(added.map((one) => one.table))) {
      const found = added
        .filter((one) => one.table === table)
        .map((one) => ({ ...one, how: this.#find(one) }))
      const lacking = found.filter(({ how }) => how === 'missing')
      const other = found.filter(({ how }) => how === 'edited')
      if (lacking.length > 0) missing.push(difference('missing', table, lacking))
      if (other.length > 0) edited.push(difference('different', table, other))
    }
    return { missing, edited }
  }

  #find(row: SeedRow): 'there' | 'edited' | 'missing' {
    const known = this.#asked.get(row.id)
    if (known !== undefined) return known
    const answer = this.#ask(row)
    this.#asked.set(row.id, answer)
    return answer
  }

  #ask({ table, row }: SeedRow): 'there' | 'edited' | 'missing' {
    const there = this.#catalog.tables.get(table.name.toLowerCase())
    if (there === undefined) return 'missing'
    const whole = comparedColumns(table)
    if (tellsMore(table, whole, row) && this.#has(there, whole, row)) return 'there'
    return keysOf(table).some((key) => isOwnKey(key, row) && this.#has(there, key, row))
      ? 'edited'
      : 'missing'
  }

  #has(table: TableSchema, columns: string[], row: Row): boolean {
    const names = new Set(table.columns.map(({ name }) => name.toLowerCase()))
    if (columns.some((name) => !names.has(name.toLowerCase()))) return false
    const condition = columns.map((name) => `${quoteName(name)} IS ?`).join(' AND ')
    const statement = this.#live.prepare(`SELECT 1 FROM ${quoteName(table.name)} WHERE ${condition} LIMIT 1`)
    return statement.get(...columns.map((name) => row[name] ?? null)) !== undefined
  }
}

interface SeedRow {
  table: TableSchema
  row: Row
  /** Table and values. */
  id: string
}

/** What search tables and their shadows hold is made from other tables. */
function rowsOf({ file, catalog }: ChainState): SeedRow[] {
  const database = openSqlite(file, { readOnly: true })
  try {
    return [...catalog.tables.values()]
      .filter(({ kind }) => kind === 'table')
      .flatMap((table) => {
        const columns = storedColumns(table).map(({ name }) => quoteName(name))
        if (columns.length === 0) return []
        const statement = database.prepare(`SELECT ${columns.join(', ')} FROM ${quoteName(table.name)}`)
        statement.setReadBigInts(true)
        return [...eachRow(statement)].map((row) => ({ table, row, id: rowId(table, row) }))
      })
  } finally {
    database.close()
  }
}

function rowId(table: TableSchema, row: Row): string {
  return JSON.stringify([
    table.name,
    ...Object.entries(row).map(([name, value]) => [name, typeof value, cellText(value)]),
  ])
}

function storedColumns(table: TableSchema): TableSchema['columns'] {
  return table.columns.filter(({ generated }) => !generated)
}

/** A default that is worked out, such as the time of the insert, says when a row was written, and not which one it is. */
function comparedColumns(table: TableSchema): string[] {
  return storedColumns(table)
    .filter((column) => !/\(|\bCURRENT_/i.test(column.default ?? ''))
    .map(({ name }) => name)
}

/** A number that SQLite counts up is the key of any row: it takes a value beside it to know one again. */
function tellsMore(table: TableSchema, columns: string[], row: Row): boolean {
  return columns.some((name) => (row[name] ?? null) !== null && !isRowNumber(table, name))
}

function isRowNumber({ primaryKey, columns }: TableSchema, name: string): boolean {
  const [only, second] = primaryKey
  return only === name && second === undefined && columns.find((it) => it.name === name)?.type === 'INTEGER'
}

/** Columns of the primary key, and of each unique index over whole columns. */
function keysOf({ primaryKey, indexes }: TableSchema): string[][] {
  const unique = indexes
    .filter((index) => index.unique && !index.partial && !index.columns.includes(null))
    .map(({ columns }) => columns.flatMap((name) => name ?? []))
  return [primaryKey, ...unique].filter((columns) => columns.length > 0)
}

/** A key that somebody chose: numbers alone come out of a counter, and meet by chance. */
function isOwnKey(key: string[], row: Row): boolean {
  return key.every((name) => (row[name] ?? null) !== null) && key.some((name) => isText(row[name] ?? null))
}

function isText(value: SqlValue): boolean {
  return typeof value === 'string' || value instanceof Uint8Array
}

function difference(state: 'missing' | 'different', table: TableSchema, rows: SeedRow[]): Difference {
  const samples = rows.slice(0, SAMPLES).map(({ row }) => sample(table, row))
  return { kind: 'rows', state, name: table.name, table: table.name, rows: rows.length, samples }
}

/** The key, or where there is none the first values. */
function sample(table: TableSchema, row: Row): string {
  const names = table.primaryKey.length > 0 ? table.primaryKey : Object.keys(row).slice(0, 3)
  return names.map((name) => `${name} = ${cellText(row[name]).slice(0, 60)}`).join(', ')
}
