import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { localDatabaseFile } from '../../../src/d1/read/local-file.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { projectFolder } from '../../config/project-folder.js'
import { HOSTILE } from '../../corpus/hostile.js'
import { LEDGER_SQL } from '../../d1/local-target.js'
import { withVictim } from '../../d1/victim.js'
import { runJson } from '../run-cli.js'

const BASE = 'CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);'

/** A checkout whose local database has the first file, and `applied` in its ledger. */
function checkout(files: Record<string, string>, applied: string[] = []): string {
  const folder = projectFolder({
    'wrangler.toml':
      '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\ndatabase_id = "the-archive"\n',
    'migrations/0001_a.sql': BASE,
    ...files,
  })
  const persistTo = path.join(folder, '.wrangler', 'state')
  const file = localDatabaseFile({ persistTo, databaseId: 'the-archive' })
  mkdirSync(path.dirname(file), { recursive: true })
  const database = openSqlite(file)
  database.exec(`${BASE} ${LEDGER_SQL}`)
  for (const name of ['0001_a.sql', ...applied])
    database.exec(`INSERT INTO d1_migrations (name) VALUES ('${name}')`)
  database.close()
  return folder
}

const migrations = (put: (sql: string) => string): Record<string, string> =>
  Object.fromEntries(
    HOSTILE.map(({ sql }, at) => [`migrations/${String(at + 2).padStart(4, '0')}_b.sql`, put(sql)]),
  )

test('hostile SQL that a checkout brings reaches nothing beyond the copies of a plan', async () => {
  const { put, untouched } = withVictim()
  const files = migrations(put)

  const pending = await runJson(['plan'], checkout(files))
  expect(pending).toMatchObject({ code: 1, json: { success: false, verdict: 'block' } })
  untouched()

  // Said to be applied already: they are run to find out what the schema was.
  const applied = Object.keys(files).map((file) => path.basename(file))
  const fine = { 'migrations/0999_c.sql': 'ALTER TABLE a ADD COLUMN y TEXT;' }
  const behind = await runJson(['plan'], checkout({ ...files, ...fine }, applied))
  expect(behind).toMatchObject({ code: 0, json: { migrations: [{ name: '0999_c.sql' }] } })
  untouched()

  const queries = HOSTILE.map(({ name, sql }) => ({ name, sql: put(sql) }))
  const asked = await runJson(
    ['plan'],
    checkout({ ...fine, 'runbook.config.json': JSON.stringify({ queries }) }),
  )
  expect(asked.json).toHaveProperty('verdict')
  untouched()
})
