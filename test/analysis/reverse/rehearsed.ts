import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { rehearseNatively } from '../../../src/analysis/rehearse/on-sqlite.js'
import { rehearseWayBack } from '../../../src/analysis/reverse/rehearsal.js'
import { ledgerSql } from '../../../src/d1/schema/ledger.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { migrationFile } from '../scenario-run.js'

const MIGRATIONS_TABLE = 'd1_migrations'

/** What one migration does to a database of this schema: `prior` is the database, `main` its copy that was migrated. Both go with the test. */
export async function rehearsedOn(schema: string, migration: string) {
  const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-reverse-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const places = { prior: join(folder, 'prior.sqlite'), main: join(folder, 'main.sqlite') }
  const database = openSqlite(places.prior)
  database.exec(`${ledgerSql(MIGRATIONS_TABLE)}; ${schema}`)
  database.close()
  copyFileSync(places.prior, places.main)
  const target = { database: { name: 'live', id: 'live', remote: false }, migrationsTable: MIGRATIONS_TABLE }
  const native = await rehearseNatively(target, places, [migrationFile('0002.sql', migration)])
  return { ...native, ...places, folder }
}

/** The way back from there. */
export function wayBackFrom({
  prior,
  main,
  folder,
  evidence,
}: Pick<Awaited<ReturnType<typeof rehearsedOn>>, 'prior' | 'main' | 'folder' | 'evidence'>) {
  return rehearseWayBack({ prior, main, folder, migrationsTable: MIGRATIONS_TABLE, evidence })
}
