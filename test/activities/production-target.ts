import path from 'node:path'
import type { Target } from '../../src/contract/target.js'

/** Production of a project in this folder, which nobody asks anything. */
export function productionTarget(projectDir: string): Target {
  return {
    environment: 'production',
    production: true,
    database: { name: 'art-archive', id: 'db', remote: true },
    binding: 'DB',
    projectDir,
    wranglerConfig: path.join(projectDir, 'wrangler.toml'),
    migrationsDir: path.join(projectDir, 'migrations'),
    migrationsTable: 'd1_migrations',
    backupDir: path.join(projectDir, 'backups'),
  }
}
