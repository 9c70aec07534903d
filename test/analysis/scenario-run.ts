import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rehearseMigrations } from '../../src/analysis/rehearse.js'
import type { Plan } from '../../src/contract/plan.js'
import type { MigrationFile } from '../../src/contract/target.js'
import { openSqlite } from '../../src/d1/sqlite.js'
import type { Scenario } from '../corpus/scenario.js'

export const FIRST = '0001_start.sql'

export function migrationFile(name: string, sql: string): MigrationFile {
  return { name, sql, sizeBytes: Buffer.byteLength(sql), sha256: sha256(sql) }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The folder of a scenario, in apply order, and the names in its ledger. */
export function folderOf(scenario: Scenario): { files: MigrationFile[]; applied: string[] } {
  const { migration } = scenario
  const pending = typeof migration === 'string' ? { '0002_change.sql': migration } : migration
  const past = { [FIRST]: scenario.schema, ...scenario.applied }
  return {
    files: Object.entries({ ...past, ...pending }).map(([name, sql]) => migrationFile(name, sql)),
    applied: [...Object.keys(past), ...(scenario.missing ?? [])],
  }
}

/** Rehearses a scenario on a database of its own. */
export async function rehearseScenario(scenario: Scenario): Promise<Plan> {
  const folder = await mkdtemp(join(tmpdir(), 'd1-runbook-corpus-'))
  try {
    const databaseFile = join(folder, 'live.sqlite')
    const database = openSqlite(databaseFile)
    database.exec(scenario.schema)
    database.exec(scenario.rows)
    database.close()
    const checksums = Object.entries(scenario.checksums ?? {}).map(([name, value]) => [
      name,
      value.startsWith('SHA:') ? sha256(value.slice(4)) : value,
    ])
    return await rehearseMigrations({
      databaseFile,
      ...folderOf(scenario),
      environment: 'test',
      database: { name: 'live', id: 'live', remote: scenario.remote ?? false },
      ...(checksums.length === 0 ? {} : { checksums: Object.fromEntries(checksums) as Record<string, string> }),
      ...(scenario.queries === undefined ? {} : { queries: scenario.queries }),
    })
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
