import { createHash } from 'node:crypto'
import { DEFAULT_LEDGER } from '../../contract/names.js'
import { isReserved } from '../sql/reserved-names.js'
import { cellText, type Row } from '../sqlite/sqlite.js'
import { isLedger } from './ledger.js'

/** One object of the schema, as `sqlite_schema` holds it. */
export interface CatalogObject {
  type: 'table' | 'index' | 'trigger' | 'view'
  name: string
  /** The table that it belongs to. */
  table: string
  /** Normalised SQL; empty for an index that SQLite made for a constraint. */
  sql: string
}

/** The schema without what D1 (`_cf_`), SQLite (`sqlite_`) and the ledger keep for themselves. */
export type Catalog = CatalogObject[]

export const CATALOG_SQL = `SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name`

/** `rows` are those of {@link CATALOG_SQL}. */
export function catalogOf(rows: Row[], migrationsTable = DEFAULT_LEDGER): Catalog {
  return rows
    .map((row) => ({
      type: cellText(row['type']) as CatalogObject['type'],
      name: cellText(row['name']),
      table: cellText(row['tbl_name']),
      sql: normaliseSql(cellText(row['sql'])),
    }))
    .filter(({ name, table }) => !isReserved(name) && !isReserved(table) && !isLedger(table, migrationsTable))
    .sort((a, b) => compareText(a.type, b.type) || compareText(a.name, b.name))
}

/** SHA-256 of the normalised catalog: equal for equal schemas, whatever their layout and comments. */
export function schemaFingerprint(catalog: Catalog): string {
  const lines = catalog.map(({ type, name, table, sql }) => JSON.stringify([type, name, table, sql]))
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}

/** Drops comments and folds white space, outside of quotes only. */
export function normaliseSql(sql: string): string {
  const tokens = sql.matchAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\s+|[(),]|[^\s'"`[\-/(),]+|./g,
  )
  let out = ''
  let gap = false
  for (const [token] of tokens) {
    if (token.startsWith('--') || token.startsWith('/*') || /^\s/.test(token)) {
      gap = true
      continue
    }
    const tight = /^[(),]$/.test(token) || /[(,]$/.test(out)
    out += gap && out !== '' && !tight ? ` ${token}` : token
    gap = false
  }
  return out
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
