import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCloudflareApi, type CloudflareApi } from '../../sample/cloudflare-api/index.js'
import type { Plan } from '../../src/contract/plan.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { buildIfStale, documentOf, launchService, untilSays, type Command } from './processes.js'
import { writeCharters } from './charters.js'
import { here } from './here.js'
import { LEDGER, QUICK_BASELINE, scratchFolder } from './project.js'
import { RunObserver } from './run.js'

const ID = '00000000-0000-4000-8000-0000000000d1'
const FIRST = `CREATE TABLE articles (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, title TEXT);
CREATE INDEX articles_by_author ON articles (author_id);\n`
const ROWS = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO articles (author_id, title) SELECT i % 300, 'title ' || i FROM n;`
/** What the application asks; nobody configured it. */
const QUERY = 'SELECT id, title FROM articles WHERE author_id = ?'

const scratch = scratchFolder()
let api: CloudflareApi
let server: EmbeddedServer
let temporal: TemporalClient
let worker: Command
let application: NodeJS.Timeout
let command: (...args: string[]) => ReturnType<typeof here>

beforeAll(async () => {
  await buildIfStale()
  const sql = `${FIRST} ${ROWS} ${LEDGER} INSERT INTO d1_migrations (name) VALUES ('0001_articles.sql');`
  api = await startCloudflareApi({ databases: [{ id: ID, name: 'shop', sql }] })
  server = await startEmbeddedServer({ projectDir: scratch.folder })
  temporal = await connectClient({ projectDir: scratch.folder })
  command = openProject()
  const charters = await writeCharters(scratch.folder, [path.join(scratch.folder, 'shop')], api.accountId)
  worker = launchService(
    ['worker', '--project', scratch.folder, '--charter', charters, '--json'],
    environment(),
  )
  await untilSays(worker, /Worker polls/)
  for (let author = 0; author < 20; author += 1) await visit(author)
  application = setInterval(() => {
    visit(7).catch(() => undefined)
  }, 100)
})

afterAll(async () => {
  clearInterval(application)
  worker.kill('SIGTERM')
  await worker
  await temporal.close()
  await server.stop()
  await api.close()
  scratch.remove()
})

function environment(): Record<string, string> {
  const wrangler = { XDG_CONFIG_HOME: path.join(scratch.folder, 'wrangler'), WRANGLER_SEND_METRICS: 'false' }
  return { ...api.env, ...wrangler, TEMPORAL_ADDRESS: server.address }
}

async function visit(author: number): Promise<void> {
  const url = `${api.url}/accounts/${api.accountId}/d1/database/${ID}/query`
  const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ sql: QUERY, params: [author] })
  await fetch(url, { method: 'POST', headers, body })
}

function openProject(): typeof command {
  const folder = path.join(scratch.folder, 'shop')
  mkdirSync(path.join(folder, 'migrations'), { recursive: true })
  const write = (name: string, content: string): void => writeFileSync(path.join(folder, name), content)
  const database = { binding: 'DB', database_name: 'shop', database_id: ID, migrations_dir: 'migrations' }
  write('wrangler.json', JSON.stringify({ name: 'app', env: { production: { d1_databases: [database] } } }))
  const monitoring = { ...QUICK_BASELINE, schedule: ['20m', '40m'] }
  const people = [
    { name: 'José', roles: ['team-lead'] },
    { name: 'Dagný', roles: ['database-administrator'] },
    { name: 'Rita', roles: ['developer'] },
  ]
  write('runbook.config.json', JSON.stringify({ people, environments: { production: { monitoring } } }))
  write('migrations/0001_articles.sql', FIRST)
  write('migrations/0002_drop.sql', 'DROP INDEX articles_by_author;\n')
  return (...args) => here([...args, '--project', folder, '--env', 'production'], environment())
}

test('a dropped index is named in the plan and at a checkpoint, with the query that nobody configured', async () => {
  const plan = await documentOf<Plan>(command('plan', '--json'), 0)
  const found = plan.findings.find(({ code }) => code === 'QC102')
  expect(found?.message).toContain(QUERY)
  expect(found?.message).toContain('it used the index articles_by_author before')
  expect(plan.queries).toMatchObject({
    ...{ state: 'read', source: 'graphql' },
    known: [{ sql: QUERY, outcome: 'scans', rowsPerCall: { after: 3000 } }],
  })
  const { stdout } = await command('plan')
  expect(stdout).toMatch(/scans instead of searching, 3,000 rows read a call instead of 1\d/)
  expect(stdout).toMatch(/Rows that they read in 30 days: .* become /)

  const run = new RunObserver(temporal, 'production', ID)
  await documentOf<object>(command('start', '--requester', 'Rita', '--time-scale', '300', '--json'), 0)
  await run.approveAll(['team-lead'], 'José')
  await run.approveAll(['environment', 'connectivity', 'preflight', 'plan'], 'Dagný')
  await run.approveAll(['final'], 'José')
  await run.approveAll(['team-confirmation'], 'Dagný')
  const view = await run.closed()
  expect(view).toMatchObject({ outcome: 'completed' })
  const reasons = view.monitoring?.checkpoints.flatMap((checkpoint) => checkpoint.reasons) ?? []
  expect(reasons).toContainEqual(
    expect.objectContaining({
      ...{ criterion: 'database-performance', probe: 'queries', measured: 3000 },
      text: `\`${QUERY}\` reads 3,000 rows a call instead of 10: its index articles_by_author is gone`,
    }),
  )
})
