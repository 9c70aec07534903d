import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import os from 'node:os'
import path from 'node:path'
import { probeSchema, type Probe } from '../../../src/contract/monitoring.js'
import type { Target } from '../../../src/contract/target.js'
import { localDatabaseFile } from '../../../src/d1/read/local-file.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'

export interface LocalTarget {
  target: Target
  /** The database behind it. */
  file: string
  remove(): Promise<void>
}

/** A local D1 database with a ledger of one file and a table of three artworks. */
export async function makeLocalTarget(): Promise<LocalTarget> {
  const projectDir = await mkdtemp(path.join(os.tmpdir(), 'probes é '))
  const persistTo = path.join(projectDir, '.wrangler', 'state')
  const database = { name: 'art', id: 'probes', remote: false }
  const file = localDatabaseFile({ persistTo, databaseId: database.id })
  await mkdir(path.dirname(file), { recursive: true })
  const sqlite = openSqlite(file)
  sqlite.exec(`
    CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE,
      applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL);
    INSERT INTO d1_migrations (name) VALUES ('0001_art.sql');
    CREATE TABLE artworks (id INTEGER PRIMARY KEY, title TEXT, big INTEGER);
    INSERT INTO artworks (title, big) VALUES ('Heron', 1), (NULL, 9007199254740993), ('Été', NULL);
  `)
  sqlite.close()
  const target: Target = {
    environment: 'local',
    production: false,
    database,
    binding: 'DB',
    projectDir,
    wranglerConfig: path.join(projectDir, 'wrangler.jsonc'),
    migrationsDir: path.join(projectDir, 'migrations'),
    migrationsTable: 'd1_migrations',
    persistTo,
    backupDir: path.join(projectDir, 'backups'),
  }
  return { target, file, remove: () => rm(projectDir, { recursive: true, force: true }) }
}

/** A real server on this machine; `url` has no trailing slash. */
export async function serve(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('No port.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A probe with the defaults of the config. */
export function probe(fields: object): Probe {
  return probeSchema.parse({ name: 'probe', ...fields })
}
