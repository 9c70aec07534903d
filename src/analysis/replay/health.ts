import { messageOf } from '../../contract/failures.js'
import type { DatabaseSync } from 'node:sqlite'
import type { DetailedCatalog, TableSchema } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { BrokenObject, ViolationCount } from '../evidence.js'

/**
 * Tables that can no longer be written and views that can no longer be read: a foreign key without a usable target, a trigger
 * or view over something that is gone. SQLite stores all of these without complaint and fails when they are used.
 */
export function brokenObjects(database: DatabaseSync, catalog: DetailedCatalog): BrokenObject[] {
  const broken: BrokenObject[] = []
  for (const table of catalog.tables.values()) {
    if (table.kind !== 'table') continue
    const message = firstFailure(database, writesTo(table))
    if (message !== undefined) broken.push({ type: 'table', name: table.name, message })
  }
  for (const view of catalog.views.values()) {
    const message = firstFailure(database, [`SELECT * FROM ${quoteName(view.name)}`])
    if (message !== undefined) broken.push({ type: 'view', name: view.name, message })
  }
  return broken
}

function writesTo(table: TableSchema): string[] {
  const name = quoteName(table.name)
  const columns = table.columns.filter(({ generated }) => !generated).map((column) => quoteName(column.name))
  return [
    `INSERT INTO ${name} DEFAULT VALUES`,
    `UPDATE ${name} SET ${columns.map((column) => `${column} = ${column}`).join(', ')}`,
    `DELETE FROM ${name}`,
  ]
}

function firstFailure(database: DatabaseSync, statements: string[]): string | undefined {
  for (const statement of statements) {
    try {
      database.prepare(`EXPLAIN ${statement}`)
    } catch (error) {
      return messageOf(error)
    }
  }
  return undefined
}

/** Foreign key violations in these tables, by child and parent. */
export function violationsIn(
  database: DatabaseSync,
  schema: 'main' | 'prior',
  tables: string[],
): ViolationCount[] {
  return tables.flatMap((table) => {
    try {
      const rows = database
        .prepare(`SELECT parent, count(*) AS n FROM pragma_foreign_key_check(?, ?) GROUP BY 1 ORDER BY 1`)
        .all(table, schema)
      return rows.map((row) => ({ table, parent: String(row['parent']), rows: Number(row['n']) }))
    } catch {
      // A mismatched key makes the check itself fail; the mismatch is reported as a broken table.
      return []
    }
  })
}
