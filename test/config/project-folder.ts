import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { onTestFinished } from 'vitest'

/** A throw-away project under a path with a space and letters beyond ASCII; removed when the test is over. */
export function projectFolder(files: Record<string, string> = {}): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'd1 rünbook-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  return folder
}

export const PRODUCTION_ID = '1f8a3b57-d640-4e9c-8c25-a7d93e06b4f2'

/** Local, staging and production, as the runbook's project has them. */
export const THREE_ENVIRONMENTS = `
account_id = "acc-top"

[[d1_databases]]
binding = "DB"
database_name = "archive"
database_id = "00000000-0000-0000-0000-000000000001"

[[env.staging.d1_databases]]
binding = "DB"
database_name = "archive-staging"
database_id = "00000000-0000-0000-0000-000000000002"
migrations_dir = "sql"
migrations_table = "my_ledger"

[env.production]
account_id = "acc-production"

[[env.production.d1_databases]]
binding = "DB"
database_name = "archive-production"
database_id = "${PRODUCTION_ID}"

[env.preview]
name = "no-database"
`
