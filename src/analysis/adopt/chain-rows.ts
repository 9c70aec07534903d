import type { TableSchema } from '../../d1/schema/schema.js'
import { cellText, eachRow, openSqlite, quoteName, type Row, type SqlValue } from '../../d1/sqlite/sqlite.js'
import type { ChainState } from './chain.js'

/** A row that the files leave. */
export interface ChainRow {
  table: TableSchema
  row: Row
  /** Table and key: which row it is, whatever becomes of its values. */
  identity: string
}

const CHAIN_ROW = 'd1_runbook_chain_row'

/** The rows of a state by identity. What search tables and their shadows hold is made from other tables. */
export class ChainRows {
  readonly #known = new Map<string, Map<string, ChainRow>>()

  of(state: ChainState): Map<string, ChainRow> {
    const known = this.#known.get(state.file)
    if (known !== undefined) return known
    const rows = new Map(rowsOf(state).map((one) => [one.identity, one]))
    this.#known.set(state.file, rows)
    return rows
  }
}

function rowsOf({ file, catalog }: ChainState): ChainRow[] {
  const database = openSqlite(file, { readOnly: true })
  try {
    return [...catalog.tables.values()]
      .filter(({ kind }) => kind === 'table')
      .flatMap((table) => {
        const columns = storedColumns(table)
        if (columns.length === 0) return []
        const keyed = table.primaryKey.length > 0
        const names = [
          ...columns.map(quoteName),
          ...(keyed ? [] : [`_rowid_ AS ${quoteName(CHAIN_ROW)}`]),
        ].join(', ')
        const statement = database.prepare(`SELECT ${names} FROM ${quoteName(table.name)}`)
        statement.setReadBigInts(true)
        return [...eachRow(statement)].map(({ [CHAIN_ROW]: number, ...row }) => {
          const key = keyed ? table.primaryKey.map((name) => row[name]) : [number]
          return { table, row, identity: JSON.stringify([table.name.toLowerCase(), key.map(keyText)]) }
        })
      })
  } finally {
    database.close()
  }
}

/** Names of the columns that hold what was written. */
export function storedColumns({ columns }: TableSchema): string[] {
  return columns.filter(({ generated }) => !generated).map(({ name }) => name)
}

/** The columns that both have hold the same: a column that came or went is the schema's affair. */
export function sameValues(one: ChainRow, other: ChainRow): boolean {
  const theirs = new Set(storedColumns(other.table))
  return storedColumns(one.table).every(
    (name) => !theirs.has(name) || keyText(one.row[name]) === keyText(other.row[name]),
  )
}

function keyText(value: SqlValue | undefined): string {
  return `${value === null ? 'null' : typeof value} ${cellText(value)}`
}
