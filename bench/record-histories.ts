import { defined } from '../src/contract/defined.js'
/**
 * Records test/histories from real runs: real Temporal, real worker, real Wrangler on a local D1 database.
 * Run: `npm run record:histories [-- NAME…]`. All take five minutes, and overwrite what is there.
 */
import proto from '@temporalio/proto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { startHealthService, type HealthService } from '../sample/health.js'
import { decideSignal } from '../src/contract/messages.js'
import { GATES, monitoringWorkflowId, type Gate } from '../src/contract/names.js'
import { connectClient, type TemporalClient } from '../src/temporal/connection.js'
import { startEmbeddedServer } from '../src/temporal/embedded-server.js'
import { packageRoot } from '../src/process/package-root.js'
import { buildIfStale, documentOf, launch, launchService, untilSays } from '../test/e2e/processes.js'
import { createLocalProject, PENDING, QUICK_BASELINE, type LocalProject } from '../test/e2e/project.js'
import { RunObserver } from '../test/e2e/run.js'
import { scrub } from '../test/histories/scrub.js'

/** Neutral: the same on every machine that has this folder, and nobody's home. */
const FOLDER = path.join(os.tmpdir(), 'art-archive')
const TARGET = path.join(packageRoot(), 'test', 'histories')
const BEFORE_APPLY = ['team-lead', 'environment', 'connectivity', 'preflight', 'plan', 'final'] as const
const UP_TO_PLAN = BEFORE_APPLY.slice(0, -1)
const FIVE_MINUTES_STEPS = ['5m', '10m', '15m', '20m', '25m', '30m']

interface Scene {
  temporal: TemporalClient
  health: HealthService
  project: LocalProject
  run: RunObserver
  start: (...args: string[]) => Promise<unknown>
  signal: (gate: Gate) => Promise<void>
}

/** What is recorded, and how each run is led there. */
const RECORDINGS: {
  name: string
  pending?: Record<string, string>
  lead: (scene: Scene) => Promise<void>
}[] = [
  {
    name: 'completed',
    lead: async ({ start, signal }) => {
      // Slow enough that each checkpoint waits for its time, as in a real day.
      await start('--time-scale', '600')
      for (const gate of GATES) if (gate !== 'rollback') await signal(gate)
    },
  },
  {
    name: 'declined',
    lead: async ({ start, run }) => {
      await start()
      await run.approveAll(['team-lead', 'environment'], 'Bea')
      await run.gateOpen('connectivity')
      await run.decide('connectivity', 'Bea', { decision: 'reject', comment: 'not today' })
    },
  },
  {
    name: 'failed-rolled-back',
    pending: { ...PENDING, '0004_unique.sql': 'CREATE UNIQUE INDEX users_unique ON users (name);\n' },
    lead: async ({ start, run, project }) => {
      await start()
      await run.approveAll(UP_TO_PLAN, 'Bea')
      await run.gateOpen('final')
      project.database((db) => db.exec("INSERT INTO users (name) VALUES ('Ann')"))
      await run.decide('final', 'Bea')
      await run.gateOpen('rollback')
      await run.decide('rollback', 'Bea', { strategy: 'reverse-migration' })
    },
  },
  {
    name: 'breached-rolled-back',
    lead: async ({ start, run, health }) => {
      await start('--time-scale', '200')
      await run.approveAll(BEFORE_APPLY, 'Bea')
      await run.gateOpen('team-confirmation')
      health.setBehaviour({ errorRate: 1 })
      await run.decide('team-confirmation', 'Bea')
      await run.gateOpen('rollback')
      await run.decide('rollback', 'Bea', { strategy: 'restore-backup' })
    },
  },
]

const wanted = process.argv.slice(2)
await buildIfStale()
rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const server = await startEmbeddedServer({ projectDir: FOLDER })
const env = { TEMPORAL_ADDRESS: server.address }
const temporal = await connectClient({ projectDir: FOLDER })
try {
  for (const [index, recording] of RECORDINGS.entries()) {
    if (wanted.length === 0 || wanted.includes(recording.name)) await record(recording, index)
  }
} finally {
  await temporal.close()
  await server.stop()
  rmSync(FOLDER, { recursive: true, force: true, maxRetries: 5 })
}

async function record({ name, pending, lead }: (typeof RECORDINGS)[number], index: number): Promise<void> {
  const health = await startHealthService({
    source: { query: () => Promise.resolve({ artworks: 1, schemaVersion: '0001' }) },
  })
  const databaseId = `00000000-0000-4000-8000-0000000000d${index}`
  const breach = name.startsWith('breached') ? { schedule: FIVE_MINUTES_STEPS } : {}
  const monitoring = { ...QUICK_BASELINE, ...breach }
  const project = createLocalProject({
    folder: path.join(FOLDER, name),
    databaseId,
    ...defined({ pending }),
    config: { environments: { local: { monitoring, healthUrl: health.url } } },
  })
  // It serves the project that it is started in.
  const worker = launchService(['worker', '--project', project.folder, '--json'], env)
  await untilSays(worker, /Worker polls/)
  const run = new RunObserver(temporal, 'local', databaseId)
  const start: Scene['start'] = (...args) =>
    documentOf(
      launch(['start', '--requester', 'Ada', ...args, '--project', project.folder, '--json'], env),
      0,
    )
  const signal = async (gate: Gate): Promise<void> => {
    const { planHash } = await run.gateOpen(gate)
    const bound = planHash === null ? {} : { planHash }
    const body = { gate, decision: 'approve' as const, actor: 'Bea', decisionId: `${gate}-1`, ...bound }
    await temporal.client.workflow.getHandle(run.workflowId).signal(decideSignal, body)
  }
  await lead({ temporal, health, project, run, start, signal })
  const { outcome, monitoring: watched } = await run.closed(300_000)
  await health.close()
  worker.kill('SIGTERM')
  await worker
  await keep(name, run.workflowId)
  if (watched !== null) await keep(`${name}-monitoring`, monitoringWorkflowId(run.workflowId))
  console.log(`${name}: ${outcome ?? 'under way'}`)
}

async function keep(name: string, workflowId: string): Promise<void> {
  const history = await temporal.client.workflow.getHandle(workflowId).fetchHistory()
  const { History } = proto.temporal.api.history.v1
  const json = History.toObject(History.fromObject(history), { longs: String, bytes: String, enums: String })
  const text = JSON.stringify(scrub(json, machineWords()))
  writeFileSync(path.join(TARGET, `${name}.json.gz`), gzipSync(text, { level: 9 }))
}

/** What tells this machine from another, and the neutral word for it; longest first. */
function machineWords(): [string, string][] {
  return [
    [FOLDER, '/srv/art-archive'],
    [packageRoot(), '/opt/d1-runbook'],
    [os.homedir(), '/home/ada'],
    [os.hostname(), 'worker'],
    [os.tmpdir(), '/var/tmp'],
  ]
}
