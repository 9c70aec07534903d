import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bundledWrangler,
  createWranglerProject,
  DATABASE_ID,
  MIGRATIONS,
  type WranglerProject,
} from '../../sample/cloudflare-api/wrangler-project.js'
import { MINIMUM_WRANGLER } from '../../../src/d1/wrangler/wrangler-tool.js'
import { installedWrangler } from './installed-wrangler.js'

const VERSIONS = [
  { version: MINIMUM_WRANGLER, script: await installedWrangler(MINIMUM_WRANGLER) },
  { version: 'bundled', script: bundledWrangler() },
]

/** The production path of the runbook, once with each Wrangler: the same commands, the same facts. */
describe.each(VERSIONS)('Wrangler $version against the local Cloudflare API', ({ version, script }) => {
  if (script === undefined) {
    test.skip('is not installed here, and the package registry is not reachable', () => undefined)
    return
  }

  let project: WranglerProject
  let bookmark = ''

  beforeAll(async () => {
    project = await createWranglerProject(script)
    for (const [name, sql] of Object.entries(MIGRATIONS)) project.write(`migrations/${name}`, sql)
    project.write('more.sql', "INSERT INTO notes(text) VALUES ('imported');\nSELECT count(*) FROM notes;\n")
  })
  afterAll(() => project.close())

  const json = async (...args: string[]): Promise<unknown> => {
    const { failed, stdout, all } = await project.run(...args)
    expect(failed, all).toBe(false)
    // Spinner lines may precede the document.
    return JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as unknown
  }

  test('is the version that it says', async () => {
    const { exitCode, all } = await project.spawn('--version')
    expect({ exitCode, all }).toEqual({
      exitCode: 0,
      all: expect.stringContaining(version === 'bundled' ? bundledVersion() : version),
    })
  })

  test('whoami names the account', async () => {
    expect((await project.run('whoami')).all).toContain(project.api.accountId)
  })

  test('d1 list and d1 info name the database', async () => {
    expect(await json('d1', 'list', '--json')).toMatchObject([{ uuid: DATABASE_ID, name: 'production' }])
    expect(await json('d1', 'info', 'production', '--json')).toMatchObject({
      uuid: DATABASE_ID,
      read_queries_24h: 0,
    })
  })

  test('migrations list shows what is pending', async () => {
    const { failed, all } = await project.run('d1', 'migrations', 'list', 'DB', '--remote')
    expect([failed, Object.keys(MIGRATIONS).every((name) => all.includes(name))]).toEqual([false, true])
  })

  test('time-travel info gives a bookmark', async () => {
    const answer = await json('d1', 'time-travel', 'info', 'DB', '--json')
    bookmark = (answer as { bookmark: string }).bookmark
    expect(bookmark).toMatch(/^[\da-f]{8}-/)
  })

  test('migrations apply runs each file once', async () => {
    const { failed, all } = await project.run('d1', 'migrations', 'apply', 'DB', '--remote')
    expect(failed, all).toBe(false)
    expect(project.applied()).toEqual(Object.keys(MIGRATIONS))
  })

  test('execute --command answers each statement', async () => {
    const sql = 'SELECT text FROM notes ORDER BY id; SELECT count(*) AS n FROM log'
    expect(await json('d1', 'execute', 'DB', '--remote', '--json', '--command', sql)).toMatchObject([
      { success: true, results: [{ text: 'a;b' }, { text: "it's -- no comment" }] },
      { success: true, results: [{ n: 1 }] },
    ])
  })

  test('execute --file imports', async () => {
    expect(
      await json('d1', 'execute', 'DB', '--remote', '--yes', '--json', '--file', 'more.sql'),
    ).toMatchObject([{ success: true, results: [{ 'Total queries executed': 2 }] }])
  })

  test('export writes the rows down', async () => {
    const { failed, all } = await project.run('d1', 'export', 'DB', '--remote', '--output', 'export.sql')
    expect(failed, all).toBe(false)
    const dump = readFileSync(join(project.folder, 'export.sql'), 'utf8')
    expect(dump).toContain(`INSERT INTO "notes" ("id","text") VALUES(3,'imported');`)
    expect(dump).toMatch(/CREATE TRIGGER logged .* END;$/)
  })

  test('export --table --no-data writes one table down, empty', async () => {
    const options = ['--table', 'notes', '--no-data']
    const { failed, all } = await project.run(
      'd1',
      'export',
      'DB',
      '--remote',
      '--output',
      'part.sql',
      ...options,
    )
    expect(failed, all).toBe(false)
    const [pragma, table, ...rest] = readFileSync(join(project.folder, 'part.sql'), 'utf8').split('\n')
    expect([pragma, table, rest]).toEqual([
      'PRAGMA defer_foreign_keys=TRUE;',
      expect.stringContaining('CREATE TABLE notes'),
      [],
    ])
  })

  test('time-travel restore brings the time before back', async () => {
    const answer = await json('d1', 'time-travel', 'restore', 'DB', `--bookmark=${bookmark}`, '--json')
    expect(answer).toMatchObject({
      bookmark,
      previous_bookmark: expect.stringMatching(/^[\da-f]{8}-/) as string,
    })
    const tables = project.api
      .database(DATABASE_ID)
      .prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'notes'")
    expect(tables.get()).toEqual({ n: 0 })
  })
})

function bundledVersion(): string {
  const file = join(dirname(bundledWrangler()), '..', 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
