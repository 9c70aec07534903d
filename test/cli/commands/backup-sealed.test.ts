import { generateIdentity, identityToRecipient } from 'age-encryption'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { localDatabaseFile } from '../../../src/d1/read/local-file.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { projectFolder } from '../../config/project-folder.js'
import { runCli, runJson } from '../run-cli.js'

test('a sealed backup is made, looked at without its key, opened with it, and planned on as a readable copy', async () => {
  const secret = await generateIdentity()
  const recipients = [await identityToRecipient(secret)]
  const folder = projectFolder({
    'wrangler.toml':
      '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\ndatabase_id = "the-archive"\n',
    'migrations/0001_base.sql': 'CREATE TABLE t (id INTEGER PRIMARY KEY);\n',
    'runbook.config.json': JSON.stringify({ environments: { local: { backup: { recipients } } } }),
  })
  writeFileSync(path.join(folder, 'key.txt'), `${secret}\n`)
  const persistTo = path.join(folder, '.wrangler', 'state')
  const file = localDatabaseFile({ persistTo, databaseId: 'the-archive' })
  mkdirSync(path.dirname(file), { recursive: true })
  const database = openSqlite(file)
  database.exec('CREATE TABLE other (id INTEGER PRIMARY KEY); INSERT INTO other VALUES (1), (2);')
  database.close()
  const key = ['--identity', path.join(folder, 'key.txt')]

  const made = await runJson(['backup'], folder)
  expect(made).toMatchObject({ code: 0, json: { success: true, verified: true, sealedTo: recipients } })
  const { file: zip } = made.json as { file: string }
  const blind = await runCli(['backup', 'validate'], folder)
  expect(blind.code).toBe(2)
  expect(blind.stdout).toMatch(
    /is sealed, and whether it restores is not known[^]*bytes are those[^]*not now[^]*backup validate .*--identity/,
  )
  expect(await runJson(['backup', 'validate'], folder)).toMatchObject({
    code: 2,
    json: { success: false, valid: null, content: 'sealed', problems: [] },
  })
  const opened = await runJson(['backup', 'validate', ...key], folder)
  expect(opened).toMatchObject({ code: 0, json: { valid: true, content: 'compared' } })
  const to = path.join(folder, 'restored')
  const restored = await runJson(['backup', 'restore', zip, '--to', to, ...key], folder)
  expect(restored).toMatchObject({ code: 0, json: { tables: [{ name: 'other', rows: 2 }] } })

  const refused = await runJson(['plan', '--backup', zip], folder)
  expect(refused).toMatchObject({ code: 2, json: { error: { type: 'ArchiveSealed' } } })
  const copy = await runJson(['backup', 'unseal', zip, '--to', path.join(folder, 'open'), ...key], folder)
  expect(copy).toMatchObject({ code: 0, json: { success: true } })
  const { file: readable } = copy.json as { file: string }
  expect(await runJson(['plan', '--backup', readable], folder)).toMatchObject({ json: { verdict: 'ok' } })
  expect(await runJson(['backup', 'seal'], folder)).toMatchObject({
    code: 0,
    json: { sealed: [], already: [{ file: zip }] },
  })
})
