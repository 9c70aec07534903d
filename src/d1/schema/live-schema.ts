import { cellText, type Row } from '../sqlite/sqlite.js'
import type { Reader } from '../sqlite/reader.js'
import { isReserved } from '../sql/reserved-names.js'
import { statementText } from '../sql/statements.js'
import { isLedger } from './ledger.js'

/**
 * The statements that make an empty database with the schema of this one, each without its `;`, in an order in which they
 * run. What virtual tables keep for themselves comes after them, and is there already when its turn comes: `CREATE TABLE`
 * then says "already exists".
 */
export async function readSchemaSql(reader: Reader, migrationsTable: string): Promise<string[]> {
  const rows = await reader.query(`SELECT type, tbl_name, sql FROM sqlite_schema
    WHERE sql IS NOT NULL ORDER BY rowid`)
  const objects = rows
    .map((row) => ({ kind: kindOf(cellText(row['type']), cellText(row['sql'])), ...textOf(row) }))
    .filter(({ table }) => !isReserved(table) && !isLedger(table, migrationsTable))
  return ORDER.flatMap((kind) => objects.filter((object) => object.kind === kind).map(({ sql }) => sql))
}

const ORDER = ['virtual', 'table', 'index', 'view', 'trigger']

function kindOf(type: string, sql: string): string {
  return /^\s*create\s+virtual\b/i.test(sql) ? 'virtual' : type
}

function textOf(row: Row): { table: string; sql: string } {
  return { table: cellText(row['tbl_name']), sql: statementText(cellText(row['sql'])) }
}
