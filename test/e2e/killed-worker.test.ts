import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { buildIfStale, documentOf, launch, launchService, untilSays, type Command } from './processes.js'
import { createLocalProject, scratchFolder, type LocalProject } from './project.js'
import { RunObserver } from './run.js'
import { wranglerApplying } from './wrangler-process.js'

const scratch = scratchFolder()
let project: LocalProject
let server: EmbeddedServer
let temporal: TemporalClient
const workers: Command[] = []

/** Long enough to be met while it works, and it would leave double rows if it ran twice. */
const SLOW = `INSERT INTO visits (page)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150000)
  SELECT 'page ' || i FROM n;\n`

beforeAll(async () => {
  await buildIfStale()
  project = createLocalProject({
    folder: path.join(scratch.folder, 'killed'),
    databaseId: '00000000-0000-4000-8000-0000000000a1',
    pending: {
      '0002_visits.sql': 'CREATE TABLE visits (id INTEGER PRIMARY KEY, page TEXT NOT NULL);\n',
      '0003_fill_visits.sql': SLOW,
      '0004_index.sql': 'CREATE INDEX visits_by_page ON visits (page);\n',
    },
  })
  server = await startEmbeddedServer({ projectDir: project.folder })
  temporal = await connectClient({ projectDir: project.folder })
}, 240_000)

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGTERM')
  await Promise.all(workers)
  await temporal.close()
  await server.stop()
  scratch.remove()
})

/** In an object: a process is a promise of its end, which an async function would wait for. */
async function startWorker(): Promise<{ worker: Command }> {
  const worker = launchService(['worker', '--project', project.folder, '--json'], {})
  workers.push(worker)
  await untilSays(worker, /Worker polls/)
  return { worker }
}

test('the worker dies while Wrangler applies: the next one proves what was done, and each file is applied once', async () => {
  const { worker: first } = await startWorker()
  const start = ['start', '--yes', '--time-scale', '864000', '--project', project.folder, '--json']
  await documentOf<object>(launch(start, {}), 0)
  const run = new RunObserver(temporal, 'local', project.databaseId)

  await run.until('start of the second file', ({ message }) => message === 'applying 0003_fill_visits.sql')
  const orphans = await wranglerApplying(project.folder)
  first.kill('SIGKILL')
  await first
  expect(orphans.length).toBeGreaterThan(0)

  await startWorker()
  const view = await run.closed()
  expect(view).toMatchObject({ outcome: 'completed', success: true })
  expect(view.migrations.map(({ name, state }) => [name, state])).toEqual([
    ['0002_visits.sql', 'applied'],
    ['0003_fill_visits.sql', 'applied'],
    ['0004_index.sql', 'applied'],
  ])
  expect(project.ledger()).toEqual([
    '0001_users.sql',
    '0002_visits.sql',
    '0003_fill_visits.sql',
    '0004_index.sql',
  ])
  const rows = project.database((db) => db.prepare('SELECT count(*) AS rows FROM visits').get())
  expect(rows).toEqual({ rows: 150_000 })
}, 300_000)
