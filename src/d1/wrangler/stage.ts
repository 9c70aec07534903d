import { defined } from '../../contract/defined.js'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { demandPlainName } from '../../contract/migration-name.js'
import type { MigrationFile, Target } from '../../contract/target.js'

/** A private folder with a Wrangler file that names exactly one database. */
export interface Stage {
  dir: string
  config: string
  remove(): Promise<void>
}

/**
 * Wrangler takes the database from its configuration. A generated one cannot point anywhere but at the target, needs no
 * checkout on the worker, and shows Wrangler only the migration files that it may see now.
 */
export async function openStage(
  target: Target,
  files: MigrationFile[] = [],
  root = tmpdir(),
): Promise<Stage> {
  await mkdir(root, { recursive: true })
  const dir = await mkdtemp(join(root, 'd1-runbook-stage-'))
  const migrations = join(dir, 'migrations')
  await mkdir(migrations)
  for (const { name, sql } of files) {
    demandPlainName(name)
    await mkdir(dirname(join(migrations, name)), { recursive: true })
    await writeFile(join(migrations, name), sql)
  }
  const config = join(dir, 'wrangler.json')
  await writeFile(config, JSON.stringify(stagedConfig(target, files), null, 2))
  return { dir, config, remove: () => rm(dir, { recursive: true, force: true, maxRetries: 3 }) }
}

function stagedConfig(target: Target, files: MigrationFile[]): object {
  const { accountId, binding, database, migrationsTable } = target
  // Only what is to run is staged, so the pattern names it all: what Wrangler records is the path below the folder.
  const byPattern = files.some(({ name }) => name.includes('/') || !name.endsWith('.sql'))
  return {
    name: 'd1-runbook-stage',
    compatibility_date: '2025-01-01',
    ...defined({ account_id: accountId }),
    d1_databases: [
      {
        binding,
        database_name: database.name,
        database_id: database.id,
        migrations_dir: 'migrations',
        ...(byPattern ? { migrations_pattern: 'migrations/**/*' } : {}),
        migrations_table: migrationsTable,
      },
    ],
  }
}
