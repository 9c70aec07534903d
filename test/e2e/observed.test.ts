import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GATES } from '../../src/contract/names.js'
import { packageRoot } from '../../src/process/package-root.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import {
  buildIfStale,
  documentOf,
  launch,
  launchService,
  resultOf,
  untilSays,
  type Command,
} from './processes.js'
import { createLocalProject, ONE, scratchFolder, QUICK_BASELINE, type LocalProject } from './project.js'
import { RunObserver } from './run.js'

const scratch = scratchFolder()
let project: LocalProject
let server: EmbeddedServer
let worker: Command
let temporal: TemporalClient
let url: string
let log = ''

beforeAll(async () => {
  await buildIfStale()
  project = createLocalProject({
    folder: path.join(scratch.folder, 'projet'),
    databaseId: '00000000-0000-4000-8000-0000000000b5',
    pending: ONE,
    config: { environments: { local: { monitoring: QUICK_BASELINE } } },
  })
  // Of before this worker: all that it can know is the name.
  mkdirSync(path.join(project.folder, 'backups'))
  writeFileSync(path.join(project.folder, 'backups', 'backup-local-2026-01-02-030405.zip'), '')
  server = await startEmbeddedServer({ projectDir: project.folder })
  temporal = await connectClient({ projectDir: project.folder })
  const args = ['worker', '--metrics-port', '0', '--project', project.folder, '--json']
  worker = launchService(args, { D1_RUNBOOK_LOG: 'json' })
  worker.stderr.on('data', (chunk: Buffer) => (log += chunk.toString('utf8')))
  const said = await untilSays(worker, /Health and metrics: http[^"]+"/)
  url = /Health and metrics: (http[^"]+)"/.exec(said)?.[1] ?? ''
})

afterAll(async () => {
  worker.kill('SIGTERM')
  await worker
  await temporal.close()
  await server.stop()
  scratch.remove()
})

async function look(where: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}${where}`)
  return { status: response.status, text: await response.text() }
}

/** Only an answer of Cloudflare's API tells it, and this run is a local one: `test/observe/meters.test.ts` has it. */
const OF_REMOTE_RUNS = ['d1_runbook_cloudflare_calls_left']

/** Names that the queries of a file ask for. */
function namesIn(file: string): string[] {
  const text = readFileSync(path.join(packageRoot(), 'docker', 'observability', file), 'utf8')
  return [...new Set(text.match(/\b(?:d1_runbook|temporal)_\w+/g) ?? [])].sort()
}

async function exposed(): Promise<Set<string>> {
  const { text } = await look('/metrics')
  return new Set(text.match(/^(?:d1_runbook|temporal)_\w+/gm) ?? [])
}

const value = async (series: string): Promise<number | undefined> => {
  const line = (await look('/metrics')).text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length))
}

test('a run is seen while it goes and when it has ended, by every name that dashboard and alerts ask for', async () => {
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  await expect.poll(async () => (await look('/readyz')).status).toBe(200)
  const created = `d1_runbook_backup_created_timestamp_seconds{database="${project.databaseId}",environment="local"}`
  await expect.poll(() => value(created)).toBe(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000)
  const run = new RunObserver(temporal, 'local', project.databaseId)
  const command = (...args: string[]): Command => launch([...args, '--project', project.folder, '--json'], {})
  const started = command('start', '--wait', '--requester', 'Ada', '--time-scale', '86400')
  await run.gateOpen('team-lead')
  // Visibility trails behind the history by a moment.
  const open = 'd1_runbook_runs_open{environment="local",phase="prerequisites"}'
  await expect.poll(() => value(open)).toBe(1)
  expect(await value('d1_runbook_runs_ended_total{environment="local",outcome="completed"}')).toBe(0)

  await run.approveAll(
    GATES.filter((gate) => gate !== 'rollback'),
    'Bea',
  )
  await documentOf(started, 0)
  expect(await value('d1_runbook_runs_ended_total{environment="local",outcome="completed"}')).toBe(1)
  expect(await value('d1_runbook_checkpoints_total{environment="local",verdict="healthy"}')).toBe(34)
  await expect.poll(() => value(open)).toBe(0)
  expect(Math.abs(Date.now() / 1000 - ((await value(created)) ?? 0))).toBeLessThan(600)

  const names = await exposed()
  for (const file of ['dashboard.json', 'alerts.yaml']) {
    const asked = namesIn(file)
    expect(asked.length).toBeGreaterThan(3)
    expect(asked.filter((name) => !names.has(name) && !OF_REMOTE_RUNS.includes(name))).toEqual([])
  }
})

test('every line of the log is one JSON document; those of a run name it, and its gates', () => {
  const lines = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const gates = lines.filter(({ message }) => message === 'A gate opened')
  expect(gates.map(({ gate }) => gate)).toEqual(GATES.filter((gate) => gate !== 'rollback'))
  for (const { run } of gates) expect(run).toBe(`migration/local/${project.databaseId}`)
})

describe('health and readiness are what is now', () => {
  test('a server that does not answer makes the worker not ready, and does not make it unwell', async () => {
    process.kill(server.pid, 'SIGSTOP')
    try {
      expect((await look('/readyz')).status).toBe(503)
      expect(await look('/healthz')).toEqual({ status: 200, text: 'ok\n' })
    } finally {
      process.kill(server.pid, 'SIGCONT')
    }
    await expect.poll(async () => (await look('/readyz')).status).toBe(200)
  })

  test.each([
    ['GET', '/', 404],
    ['POST', '/healthz', 405],
    ['GET', '/readyz?verbose', 200],
  ])('%s %s: %i', async (method, where, status) => {
    expect((await fetch(`${url}${where}`, { method })).status).toBe(status)
  })

  test('without a server it ends, and says so', async () => {
    const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1' }
    const ended = await resultOf(launch(['worker', '--project', project.folder, '--json'], nowhere))
    expect(ended).toMatchObject({ code: 2, json: { error: { type: 'TemporalUnreachable' } } })
  })

  test('a port that is taken, and one that is none, are refused before anything begins', async () => {
    for (const port of [new URL(url).port, 'x']) {
      const args = ['worker', '--metrics-port', port, '--project', project.folder, '--json']
      expect(await resultOf(launch(args, {}))).toMatchObject({
        code: 2,
        json: { error: { type: 'ConfigInvalid' } },
      })
    }
  })
})
