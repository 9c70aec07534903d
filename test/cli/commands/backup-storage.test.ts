import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { localDatabaseFile } from '../../../src/d1/read/local-file.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { projectFolder } from '../../config/project-folder.js'
import { emulator, gateway, KEY, startGateway, storageOf, type S3Server } from '../../store/servers.js'
import { runCli, runJson } from '../run-cli.js'

let server: S3Server
beforeAll(async () => {
  server = gateway === undefined ? await emulator() : await startGateway(gateway)
})
afterAll(() => server.close())

/** A checkout of one project, whose database the bucket knows by its ID. */
function checkout(): string {
  return projectFolder({
    'wrangler.toml':
      '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\ndatabase_id = "the-archive"\n',
    'migrations/0001_base.sql': 'CREATE TABLE t (id INTEGER PRIMARY KEY);\n',
    'runbook.config.json': JSON.stringify({ storage: storageOf(server, 'cli') }),
  })
}

const inBucket = (args: string[], folder: string): ReturnType<typeof runJson> =>
  runJson(args, folder, (all, cwd) => runCli(all, cwd, KEY))

function seed(folder: string): void {
  const file = localDatabaseFile({
    persistTo: path.join(folder, '.wrangler', 'state'),
    databaseId: 'the-archive',
  })
  mkdirSync(path.dirname(file), { recursive: true })
  const database = openSqlite(file)
  database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2);')
  database.close()
}

test('a backup in a bucket is validated and restored from another checkout', async () => {
  const [mine, yours] = [checkout(), checkout()]
  seed(mine)
  const made = await inBucket(['backup'], mine)
  expect(made).toMatchObject({ code: 0, json: { verified: true } })
  const { file } = made.json as { file: string }
  expect(file).toMatch(/^s3:\/\/archives\/cli\/the-archive\/backup-\w{8}\/archive\/backup-local-[\d-]+\.zip$/)
  expect(existsSync(path.join(mine, 'backups'))).toBe(false)

  expect(await inBucket(['backup', 'validate'], yours)).toMatchObject({
    code: 0,
    json: { success: true },
  })
  expect(await inBucket(['backup', 'validate', file], yours)).toMatchObject({
    code: 0,
    json: { success: true },
  })
  const to = path.join(yours, 'restored')
  expect(await inBucket(['backup', 'restore', file, '--to', to], yours)).toMatchObject({
    code: 0,
    json: { tables: [{ name: 't', rows: 2 }] },
  })
  const other = file.replace('the-archive', 'another')
  expect(await inBucket(['backup', 'validate', other], yours)).toMatchObject({
    code: 2,
    json: { error: { type: 'NotAdmitted' } },
  })
})
