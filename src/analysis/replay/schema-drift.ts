import { ledgerSql } from '../../d1/schema/ledger.js'
import type { MigrationFile } from '../../contract/target.js'
import type { SchemaChange } from '../../contract/plan.js'
import { diffCatalog } from '../../d1/schema/schema-diff.js'
import { readDetailedCatalog } from '../../d1/schema/schema.js'
import { openConfined } from '../../d1/sqlite/confined.js'
import { openSqlite } from '../../d1/sqlite/sqlite.js'
import { replayFile } from './replay.js'

/**
 * How the live schema differs from what the applied files make of an empty database: changes made by hand, files edited later.
 * Undefined where the chain does not tell, because an applied file is missing or does not run by itself.
 */
export function schemaDrift(input: {
  files: MigrationFile[]
  applied: string[]
  /** A copy of the database; only read. */
  databaseFile: string
  migrationsTable: string
}): SchemaChange[] | undefined {
  const { migrationsTable } = input
  const chain = input.applied.map((name) => input.files.find((file) => file.name === name))
  const scratch = openConfined(':memory:')
  const live = openSqlite(input.databaseFile, { readOnly: true })
  try {
    scratch.exec(ledgerSql(migrationsTable))
    for (const file of chain) {
      if (file === undefined) return undefined
      const origin = readDetailedCatalog(scratch, { migrationsTable })
      const { failures } = replayFile(scratch, file, { migrationsTable, countRows: false, origin })
      if (failures.some(({ code }) => code !== 'TX101')) return undefined
    }
    return diffCatalog(
      readDetailedCatalog(scratch, { migrationsTable }),
      readDetailedCatalog(live, { migrationsTable }),
    )
  } finally {
    scratch.close()
    live.close()
  }
}
