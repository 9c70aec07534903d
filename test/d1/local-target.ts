import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Target } from '../../src/contract/target.js'
import { localDatabaseFile } from '../../src/d1/read/local-file.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
import { temporaryFolder } from '../temporary-folder.js'

export function localTarget(overrides: Partial<Target> = {}): Target {
  const projectDir = temporaryFolder()
  return {
    environment: 'local',
    production: false,
    database: { name: 'art', id: 'local-art', remote: false },
    binding: 'DB',
    projectDir,
    wranglerConfig: join(projectDir, 'wrangler.toml'),
    migrationsDir: join(projectDir, 'migrations'),
    migrationsTable: 'd1_migrations',
    persistTo: join(projectDir, '.wrangler', 'state'),
    backupDir: join(projectDir, 'backups'),
    ...overrides,
  }
}

/** Writes the target's local database from outside, as Wrangler would have left it. Returns its file. */
export function seedLocal(target: Target, sql: string): string {
  const file = localDatabaseFile({ persistTo: target.persistTo ?? '', databaseId: target.database.id })
  mkdirSync(dirname(file), { recursive: true })
  const database = openSqlite(file, { foreignKeys: false })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
  database.exec(sql)
  database.close()
  return file
}

export const LEDGER_SQL = `CREATE TABLE d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);`
