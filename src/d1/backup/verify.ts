import { messageOf } from '../../contract/failures.js'
import type { BackupMetadata, TableSummary } from '../../contract/backup.js'
import { connectionReader } from './export/export.js'
import { takeInventory, type Inventory } from '../schema/inventory.js'
import { loadOnD1 } from './load-on-d1.js'
import { workerdVersion } from '../scratch/scratch-workerd.js'
import { loadSql } from './export/load.js'
import { snapshotOf, type Snapshot } from '../schema/snapshot.js'
import { openSqlite, quoteName } from '../sqlite/sqlite.js'
import { summarise } from './export/summary.js'

/** What a restored copy is, measured. */
export interface Restored extends Snapshot {
  tables: TableSummary[]
  restore: BackupMetadata['restore']
}

/**
 * Restores an SQL file into a new SQLite file and measures it: rows, checksums, integrity, foreign keys, full-text
 * indexes. `d1`: by D1's own engine, as a backup is proven; `sqlite`: fast, for an archive that was. Throws `BackupInvalid` when
 * the file does not load.
 */
export async function restoreAndMeasure({
  sqlFile,
  sqliteFile,
  migrationsTable,
  engine,
}: {
  sqlFile: string
  sqliteFile: string
  migrationsTable: string
  engine: 'd1' | 'sqlite'
}): Promise<Restored> {
  const startedAt = performance.now()
  if (engine === 'd1') await loadOnD1(sqlFile, sqliteFile)
  else await loadSql(sqlFile, sqliteFile)
  const database = openSqlite(sqliteFile, { foreignKeys: false })
  try {
    const reader = connectionReader(database)
    const inventory = await takeInventory(reader)
    const integrity = database.prepare('PRAGMA integrity_check(5)').all()
    const violations = database.prepare('SELECT count(*) AS n FROM pragma_foreign_key_check').get()
    const version = database.prepare('SELECT sqlite_version() AS version').get()
    const snapshot = await snapshotOf(reader, migrationsTable)
    const tables = await summarise(database, inventory)
    const problems = [
      ...integrity.map((row) => String(row['integrity_check'])),
      ...indexProblems(database, inventory),
    ]
    return {
      ...snapshot,
      tables,
      restore: {
        engine: engine === 'd1' ? `workerd ${workerdVersion()}` : `SQLite ${String(version?.['version'])}`,
        durationMs: Math.round(performance.now() - startedAt),
        integrityCheck: problems.filter((problem) => problem !== 'ok').join('; ') || 'ok',
        foreignKeyViolations: Number(violations?.['n'] ?? 0),
      },
    }
  } finally {
    database.close()
  }
}

/** Full-text indexes are rebuilt by the restore: FTS5 itself says whether they fit their texts. */
function indexProblems(database: ReturnType<typeof openSqlite>, { virtual }: Inventory): string[] {
  return virtual
    .filter(({ module }) => module === 'fts5')
    .flatMap(({ name }) => {
      try {
        database.exec(
          `INSERT INTO ${quoteName(name)} (${quoteName(name)}, rank) VALUES ('integrity-check', 1)`,
        )
        return []
      } catch (error) {
        return [`full-text index ${name}: ${messageOf(error)}`]
      }
    })
}
