import { messageOf } from '../../contract/failures.js'
import type { DatabaseSync } from 'node:sqlite'
import type { DetailedCatalog } from '../../d1/schema/schema.js'
import { quoteName } from '../../d1/sqlite/sqlite.js'
import type { BrokenObject, ViolationCount } from '../evidence.js'
import { brokenWrites } from './broken-writes.js'

/**
 * Tables that can no longer be written and views that can no longer be read: a foreign key without a usable target, a trigger
 * or view over something that is gone. SQLite stores all of these without complaint and fails when they are used.
 */
export function brokenObjects(database: DatabaseSync, catalog: DetailedCatalog): BrokenObject[] {
  const broken: BrokenObject[] = brokenWrites(database, catalog)
  for (const { name } of catalog.views.values()) {
    try {
      database.prepare(`EXPLAIN SELECT * FROM ${quoteName(name)}`)
    } catch (error) {
      broken.push({ type: 'view', name, message: messageOf(error) })
    }
  }
  return broken
}

/** Those that were not so before. */
export function brokenSince(
  database: DatabaseSync,
  after: DetailedCatalog,
  before: readonly BrokenObject[] = [],
): BrokenObject[] {
  const known = new Set(before.map(brokenIdentity))
  return brokenObjects(database, after).filter((broken) => !known.has(brokenIdentity(broken)))
}

/** What tells two of them apart: the same object may break for one more reason. */
function brokenIdentity(broken: BrokenObject): string {
  const words =
    broken.type === 'view' ? [broken.name] : [broken.table, broken.trigger ?? '', ...broken.writes]
  return JSON.stringify([broken.type, ...words])
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
