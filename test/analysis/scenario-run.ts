import { createHash } from 'node:crypto'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acknowledge } from '../../src/analysis/findings/acknowledge.js'
import { collectFindings, collectHistoryFindings } from '../../src/analysis/findings/collect.js'
import { rehearseNatively } from '../../src/analysis/rehearse/on-sqlite.js'
import { rehearseMigrations } from '../../src/analysis/rehearse/rehearse.js'
import type { Finding } from '../../src/contract/finding.js'
import type { Plan } from '../../src/contract/plan.js'
import type { MigrationFile } from '../../src/contract/target.js'
import type { OpenScratch } from '../../src/d1/scratch/scratch-workerd.js'
import { openSqlite } from '../../src/d1/sqlite/sqlite.js'
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

/** Rehearses a scenario on a database of its own; under an engine of its own too, or under one that runs. */
export function rehearseScenario(scenario: Scenario, open?: OpenScratch): Promise<Plan> {
  return withDatabase(scenario, (databaseFile) =>
    rehearseMigrations(
      {
        databaseFile,
        ...folderOf(scenario),
        environment: 'test',
        database: { name: 'live', id: 'live', remote: scenario.remote ?? false },
        ...checksumsOf(scenario),
        ...(scenario.queries === undefined ? {} : { queries: scenario.queries }),
      },
      open,
    ),
  )
}

/** The same without D1's engine: what the rules say, in a fraction of the time. */
export function judgeScenario(scenario: Scenario): Promise<Finding[]> {
  return withDatabase(scenario, async (prior) => {
    const { files, applied } = folderOf(scenario)
    const main = `${prior}.main`
    await copyFile(prior, main)
    const pending = files.filter(({ name }) => !applied.includes(name))
    const { evidence, findings } = await rehearseNatively(
      {
        migrationsTable: 'd1_migrations',
        database: { name: 'live', id: 'live', remote: scenario.remote ?? false },
        queries: scenario.queries ?? [],
      },
      { prior, main },
      pending,
    )
    const { checksums } = checksumsOf(scenario)
    const history = collectHistoryFindings({ files, applied, checksums })
    return acknowledge([...history, ...collectFindings(evidence), ...findings], pending)
  })
}

async function withDatabase<T>(scenario: Scenario, work: (file: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'd1-runbook-corpus-'))
  try {
    const file = join(folder, 'live.sqlite')
    const database = openSqlite(file)
    database.exec('PRAGMA synchronous = OFF')
    database.exec(scenario.schema)
    database.exec(scenario.rows)
    database.close()
    return await work(file)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function checksumsOf(scenario: Scenario): { checksums?: Record<string, string> } {
  if (scenario.checksums === undefined) return {}
  const entries = Object.entries(scenario.checksums).map(([name, value]): [string, string] => [
    name,
    value.startsWith('SHA:') ? sha256(value.slice(4)) : value,
  ])
  return { checksums: Object.fromEntries(entries) }
}
