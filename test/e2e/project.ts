import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { RunbookConfigInput } from '../../src/config/schema.js'
import { localDatabaseFile } from '../../src/d1/read/local-file.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'

export const FIRST = 'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n'

/** Wrangler's own, as it makes it. */
export const LEDGER = `CREATE TABLE d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
);`

/**
 * A baseline of 20 samples with pauses between takes longer than all the rest of a small run; and how fast this machine answers while
 * others use it decides nothing.
 */
export const QUICK_BASELINE = {
  ...{ baselineSamples: 2, baselinePause: 1 },
  thresholds: { responseTimeFloorMs: 60_000 },
}

/** Two harmless files, one line each. */
export const PENDING: Record<string, string> = {
  '0002_email.sql': 'ALTER TABLE users ADD COLUMN email TEXT;\n',
  '0003_index.sql': 'CREATE INDEX users_by_name ON users (name);\n',
}

/** One file is enough where what carries the run is the point: each costs a Wrangler. */
export const ONE = { '0002_email.sql': PENDING['0002_email.sql'] ?? '' }

/** Three files that fill a table with so many rows, which takes its time. */
export function visits(rows: number): Record<string, string> {
  return {
    '0002_visits.sql': 'CREATE TABLE visits (id INTEGER PRIMARY KEY, page TEXT NOT NULL);\n',
    '0003_fill_visits.sql': `INSERT INTO visits (page)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
  SELECT 'page ' || i FROM n;\n`,
    '0004_index.sql': 'CREATE INDEX visits_by_page ON visits (page);\n',
  }
}

export interface LocalProject {
  folder: string
  databaseId: string
  /** Opens the database for one look or change: nothing stays open that Wrangler would have to wait for. */
  database: <T>(work: (database: DatabaseSync) => T) => T
  ledger: () => string[]
}

/** A project on disk whose local database has its first migration and two rows; `pending` is to be applied. */
export function createLocalProject(options: {
  folder: string
  databaseId: string
  pending?: Record<string, string>
  config?: RunbookConfigInput
}): LocalProject {
  const { folder, databaseId, pending = PENDING } = options
  mkdirSync(path.join(folder, 'migrations'), { recursive: true })
  const write = (name: string, content: string): void => writeFileSync(path.join(folder, name), content)
  write(
    'wrangler.toml',
    `[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\ndatabase_id = "${databaseId}"\n`,
  )
  const config = options.config ?? { environments: { local: { monitoring: QUICK_BASELINE } } }
  write('runbook.config.json', JSON.stringify(config))
  for (const [name, sql] of Object.entries({ '0001_users.sql': FIRST, ...pending })) {
    write(path.join('migrations', name), sql)
  }
  const file = localDatabaseFile({ persistTo: path.join(folder, '.wrangler', 'state'), databaseId })
  mkdirSync(path.dirname(file), { recursive: true })
  const database: LocalProject['database'] = (work) => {
    const connection = openSqlite(file)
    try {
      return work(connection)
    } finally {
      connection.close()
    }
  }
  database((db) =>
    db.exec(`${FIRST} ${LEDGER} INSERT INTO users (name) VALUES ('Zoë'), ('Ann');
      INSERT INTO d1_migrations (name) VALUES ('0001_users.sql');`),
  )
  return { folder, databaseId, database, ledger: () => database(readLedger) }
}

export function readLedger(database: DatabaseSync): string[] {
  return database
    .prepare('SELECT name FROM d1_migrations ORDER BY id')
    .all()
    .map(({ name }) => String(name))
}

/** A folder for one test file, under a path with a space and letters beyond ASCII. */
export function scratchFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'd1 rünbook é '))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) }
}
