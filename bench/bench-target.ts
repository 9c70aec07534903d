import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Target } from '../src/contract/target.js'
import { targetFile } from '../src/d1/read/local-reader.js'

/** A project with one local database in `projectDir`. */
export function benchTarget(projectDir: string): Target {
  const wranglerConfig = join(projectDir, 'wrangler.json')
  const database = {
    binding: 'DB',
    database_name: 'bench',
    database_id: 'bench',
    migrations_dir: 'migrations',
  }
  writeFileSync(
    wranglerConfig,
    JSON.stringify({ name: 'bench', compatibility_date: '2025-01-01', d1_databases: [database] }),
  )
  const target: Target = {
    environment: 'bench',
    production: false,
    database: { name: 'bench', id: 'bench', remote: false },
    binding: 'DB',
    projectDir,
    wranglerConfig,
    migrationsDir: join(projectDir, 'migrations'),
    migrationsTable: 'd1_migrations',
    persistTo: join(projectDir, '.wrangler', 'state'),
    backupDir: join(projectDir, 'backups'),
  }
  mkdirSync(dirname(targetFile(target)), { recursive: true })
  return target
}
