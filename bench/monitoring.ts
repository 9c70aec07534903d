/**
 * Many runs in their monitoring on one worker: its memory, its processor time, and how late its looks come. Each run is the whole workflow,
 * with its gates approved in advance and its work done in an instant; the looks are real ones, at a local database of its own and a
 * health endpoint. The Temporal server is the embedded one, in a process of its own. Prints a line of a table.
 * Run: `tsx bench/monitoring.ts [--runs N] [--over SECONDS] [--interval SECONDS] [--looks N]` (default: 1000 runs, begun over 300 s,
 * 3 looks each 300 s apart: the densest part of the runbook's day).
 */
import { activityInfo } from '@temporalio/activity'
import { DefaultLogger, Runtime } from '@temporalio/worker'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createActivities } from '../src/activities/index.js'
import type { RunbookActivities } from '../src/contract/activities.js'
import type { MonitoringPlan, Probe } from '../src/contract/monitoring.js'
import { migrationWorkflowId } from '../src/contract/names.js'
import { serviceOf } from '../src/runbook/charter/service.js'
import { connectClient } from '../src/temporal/connection.js'
import { startEmbeddedServer } from '../src/temporal/embedded-server.js'
import { createRunbookWorker } from '../src/temporal/worker.js'
import { connectWorker } from '../src/temporal/worker-connection.js'
import { benchTarget } from './bench-target.js'
import { charterFor } from '../test/charter-for.js'
import { seedLocal } from '../test/d1/local-target.js'
import { requestFor } from '../test/workflows/request.js'
import { openWorld, type World } from '../test/workflows/world.js'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    over: { type: 'string', default: '300' },
    interval: { type: 'string', default: '300' },
    looks: { type: 'string', default: '3' },
  },
})
const [runs, overMs, intervalMs, looks] = [
  Number(values.runs),
  Number(values.over) * 1000,
  Number(values.interval) * 1000,
  Number(values.looks),
]
const QUEUE = 'bench'

const folder = mkdtempSync(join(tmpdir(), 'd1-runbook-bench-'))
const health = createServer((_asked, response) => response.end('{"status":"ok"}')).listen(0, '127.0.0.1')
await new Promise((resolve) => health.once('listening', resolve))
const url = `http://127.0.0.1:${(health.address() as AddressInfo).port}/`
const ask = { critical: true, timeoutMs: 10_000 }
const probes: Probe[] = [
  { ...ask, name: 'health', kind: 'http', url, expectStatus: 200 },
  { ...ask, name: 'database', kind: 'connectivity' },
  { ...ask, name: 'rows', kind: 'sql', sql: 'SELECT count(*) FROM t', expect: 1 },
]
const offsetsMs = Array.from({ length: looks }, (_, index) => (index + 1) * intervalMs)
const targets = Array.from({ length: runs }, (_, index) => {
  const projectDir = join(folder, String(index))
  mkdirSync(projectDir)
  const database = { name: 'bench', id: `bench-${index}`, remote: false }
  const target = { ...benchTarget(projectDir), database }
  seedLocal(target, 'CREATE TABLE t (v); INSERT INTO t VALUES (1)')
  return target
})
const requests = targets.map((target) => {
  const request = requestFor(target.database.id, { target, preApproved: true })
  const monitoring: MonitoringPlan = { ...request.monitoring, probes, offsetsMs }
  return { ...request, monitoring }
})

/** How late each look began, in milliseconds behind its time, and what it saw. */
const late: number[] = []
const verdicts = new Map<string, number>()
const peak = { rss: 0 }
let [monitored, cpuAt]: [number | undefined, NodeJS.CpuUsage] = [undefined, process.cpuUsage()]

Runtime.install({ logger: new DefaultLogger('ERROR') })
const server = await startEmbeddedServer({ projectDir: folder })
const session = await connectClient({ projectDir: folder })
const { connection, namespace } = await connectWorker({ projectDir: folder })
const worker = await createRunbookWorker({
  connection,
  namespace,
  taskQueue: QUEUE,
  activities: activities(),
})
const running = worker.run()
const watch = setInterval(() => (peak.rss = Math.max(peak.rss, process.memoryUsage.rss())), 500)
const startedAt = Date.now()
try {
  for (const [index, request] of requests.entries()) {
    await sleep(Math.max(0, startedAt + (overMs * index) / runs - Date.now()))
    const { environment, database } = request.target
    await session.client.workflow.start('productionMigration', {
      workflowId: migrationWorkflowId(environment, database.id),
      taskQueue: QUEUE,
      args: [request],
    })
  }
  const begunMs = Date.now() - startedAt
  console.error(`${runs} runs begun in ${seconds(begunMs)} s`)
  const most = begunMs + 2 * looks * intervalMs + 600_000
  for (let rounds = 1; seen() < runs * looks && Date.now() - startedAt < most; rounds += 1) {
    await sleep(1_000)
    if (rounds % 30 === 0) console.error(`${seen()} of ${runs * looks} looks`)
  }
  report(begunMs)
} finally {
  clearInterval(watch)
  worker.shutdown()
  await running.catch(() => undefined)
  await connection.close()
  await session.close()
  await server.stop()
  health.close()
  rmSync(folder, { recursive: true, force: true })
}

/** A world a run, but for the looks: those are the worker's own. */
function activities(): RunbookActivities {
  const charters = requests.map(({ target, monitoring }) => charterFor(target, { monitoring }))
  const real = createActivities({
    service: serviceOf(charters),
    home: join(folder, 'home'),
    print: () => undefined,
  })
  const worlds = new Map<string, World>()
  const names = Object.keys(openWorld().activities) as (keyof RunbookActivities)[]
  const fake = Object.fromEntries(
    names.map((name) => [
      name,
      (input: never) => {
        const id = activityInfo().workflowExecution?.workflowId ?? ''
        const world = worlds.get(id) ?? openWorld()
        worlds.set(id, world)
        return (world.activities[name] as (input: never) => unknown)(input)
      },
    ]),
  ) as unknown as RunbookActivities
  return {
    ...fake,
    async runCheckpoint(input) {
      if (monitored === undefined) [monitored, cpuAt] = [Date.now(), process.cpuUsage()]
      late.push(Date.now() - Date.parse(input.plannedAt))
      const checkpoint = await real.runCheckpoint(input)
      verdicts.set(checkpoint.verdict, (verdicts.get(checkpoint.verdict) ?? 0) + 1)
      return checkpoint
    },
  }
}

function report(begunMs: number): void {
  const sorted = late.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    seconds(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  const { user, system } = process.cpuUsage(cpuAt)
  const wallMs = Date.now() - (monitored ?? Date.now())
  const cores = (user + system) / 1000 / Math.max(1, wallMs)
  const perLook = (user + system) / 1000 / Math.max(1, late.length)
  const [load = 0] = loadavg()
  console.log(
    '| runs | begun over | looks | verdicts | late p50 | p99 | worst | memory of the worker | processor | a look | machine |\n' +
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n' +
      `| ${runs} | ${seconds(begunMs)} s | ${late.length} of ${runs * looks} | ${[...verdicts].map((one) => one.join(': ')).join(', ')} | ` +
      `${at(0.5)} s | ${at(0.99)} s | ${at(1)} s | ${Math.round(peak.rss / 1e6)} MB | ${cores.toFixed(2)} cores | ${perLook.toFixed(0)} ms | ` +
      `${availableParallelism()} cores, load ${load.toFixed(1)} |`,
  )
}

function seen(): number {
  return [...verdicts.values()].reduce((sum, count) => sum + count, 0)
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 0)
}
