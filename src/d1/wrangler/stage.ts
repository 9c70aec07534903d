import { defined } from '../../contract/defined.js'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { demandMigrationName } from '../../contract/migration-name.js'
import type { MigrationFile, Target } from '../../contract/target.js'
import { scratchFolder } from '../../process/scratch-folder.js'

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
  within?: string,
): Promise<Stage> {
  const { folder: dir, remove } = await scratchFolder('stage', defined({ within }))
  const migrations = join(dir, 'migrations')
  await mkdir(migrations)
  for (const { name, sql } of files) {
    demandMigrationName(name)
    await mkdir(dirname(join(migrations, name)), { recursive: true })
    await writeFile(join(migrations, name), sql)
  }
  const config = join(dir, 'wrangler.json')
  await writeFile(config, JSON.stringify(stagedConfig(target, files), null, 2))
  return { dir, config, remove }
}

function stagedConfig(target: Target, files: MigrationFile[]): object {
  const { accountId, binding, database, migrationsTable } = target
  const byPattern = files.some(({ name }) => needsPattern(name))
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
        ...(byPattern ? { migrations_pattern: `migrations/${patternOf(files)}` } : {}),
        migrations_table: migrationsTable,
      },
    ],
  }
}

/** Whether Wrangler takes up a file of this name only by `migrations_pattern`. */
export function needsPattern(name: string): boolean {
  return name.includes('/') || name.startsWith('.') || !name.endsWith('.sql')
}

/** Only what is to run is staged, so folders and files need no names: only their dots, which a star passes over. */
function patternOf(files: MigrationFile[]): string {
  const shapes = files.map(({ name }) =>
    name.replaceAll(/[^/]+/g, (part) => (part.startsWith('.') ? '.*' : '*')),
  )
  const [shape = '*', ...others] = [...new Set(shapes)]
  return others.length === 0 ? shape : `{${[shape, ...others].join(',')}}`
}
