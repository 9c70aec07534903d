import { execa } from 'execa'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { GATES, monitoringWorkflowId } from '../../src/contract/names.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import type { WorkerVersion } from '../../src/temporal/deployment.js'
import { packageRoot } from '../../src/process/package-root.js'
import { provideTemporal } from '../../src/temporal/binaries.js'
import { buildIfStale, documentOf, launchService, resultOf, untilSays, type Command } from './processes.js'
import { here } from './here.js'
import { createLocalProject, ONE, QUICK_BASELINE, scratchFolder, type LocalProject } from './project.js'
import { ADDED, makeLaterBuild } from './later-build.js'
import { RunObserver } from './run.js'

const ASKED = GATES.filter((gate) => gate !== 'rollback')

const scratch = scratchFolder()
let server: EmbeddedServer
let temporal: TemporalClient
let home: LocalProject
let other: LocalProject
let watched: LocalProject
let laterBundle: string
const workers = new Map<string, Command>()

const projectOf = (name: string, databaseId: string, schedule: string[] = []): LocalProject =>
  createLocalProject({
    folder: path.join(scratch.folder, name),
    databaseId,
    pending: ONE,
    config: {
      environments: {
        local: { monitoring: { ...QUICK_BASELINE, ...(schedule.length === 0 ? {} : { schedule }) } },
      },
    },
  })

const command = (project: LocalProject, ...args: string[]) =>
  here([...args, '--project', project.folder, '--json'], { TEMPORAL_ADDRESS: server.address })

const LATER = path.join(scratch.folder, 'later')

/** The built worker, as of another build, or of `none`; `two` and `three` are one. All databases are served by each: a charter a project. */
async function startWorker(buildId: string): Promise<string> {
  const env = { TEMPORAL_ADDRESS: server.address, D1_RUNBOOK_BUILD_ID: buildId }
  const charters = [home, other, watched].flatMap(({ folder }) => [
    '--charter',
    path.join(folder, 'charter.json'),
  ])
  const worker = launchService(
    ['worker', ...charters, '--project', home.folder, '--json'],
    env,
    ...(['two', 'three'].includes(buildId) ? [LATER] : []),
  )
  workers.set(buildId, worker)
  return untilSays(worker, buildId === 'none' ? /Worker polls.*\n/ : /Worker polls[^]*Version .*\n/)
}

async function stopWorker(buildId: string): Promise<void> {
  workers.get(buildId)?.kill('SIGTERM')
  await workers.get(buildId)
  workers.delete(buildId)
}

async function versions(): Promise<Record<string, Pick<WorkerVersion, 'current' | 'openRuns'>>> {
  const found = await documentOf<{ versions: WorkerVersion[] }>(command(home, 'worker', 'versions'), 0)
  return Object.fromEntries(
    found.versions.map(({ buildId, current, openRuns }) => [buildId, { current, openRuns }]),
  )
}

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  await buildIfStale()
  home = projectOf('home', '00000000-0000-4000-8000-0000000000e1')
  other = projectOf('other', '00000000-0000-4000-8000-0000000000e2')
  watched = projectOf('watched', '00000000-0000-4000-8000-0000000000e3', ['1m', '6h'])
  laterBundle = makeLaterBuild(LATER)
  server = await startEmbeddedServer({ projectDir: home.folder })
  temporal = await connectClient({ projectDir: home.folder })
  for (const project of [home, other, watched]) {
    const charter = await documentOf<object>(command(project, 'charter', '--env', 'local'), 0)
    writeFileSync(path.join(project.folder, 'charter.json'), JSON.stringify(charter))
  }
})

afterAll(async () => {
  for (const buildId of workers.keys()) await stopWorker(buildId)
  await temporal.close()
  await server.stop()
  scratch.remove()
})

test('a run ends on the build that it began with, while new ones go to the build that was promoted', async () => {
  expect(await versions()).toEqual({})
  expect(await resultOf(command(home, 'worker', 'promote', 'one'))).toMatchObject({
    code: 2,
    json: { error: { type: 'WorkerMissing' } },
  })

  // A run that workers of no version began is taken over by the first version of all, which is the current one: without any no run would begin.
  await startWorker('none')
  const first = new RunObserver(temporal, 'local', home.databaseId)
  await documentOf<object>(command(home, 'start', '--requester', 'Ada', '--time-scale', '86400'), 0)
  await first.gateOpen('team-lead')
  await stopWorker('none')
  expect(await startWorker('one')).toContain('one: new runs come here')
  await first.decide('team-lead', 'Bea')
  await first.gateOpen('environment')

  // Another one is in its monitoring by then; from here on nobody of its build is there.
  const third = new RunObserver(temporal, 'local', watched.databaseId)
  await documentOf<object>(command(watched, 'start', '--requester', 'Ada', '--time-scale', '600'), 0)
  await third.approveAll(ASKED, 'Bea')
  await third.until('monitoring', ({ phase }) => phase === 'monitor')
  await stopWorker('one')

  // A second build, with an activity more, polls, and gets nothing until it is promoted.
  expect(await startWorker('two')).toContain('new ones go to one until')
  await expect.poll(versions).toEqual({
    one: { current: true, openRuns: 3 },
    two: { current: false, openRuns: 0 },
  })
  const promoted = await resultOf(command(home, 'worker', 'promote', 'two'))
  expect(promoted).toMatchObject({ code: 0, json: { success: true, buildId: 'two' } })
  expect(promoted.stderr).toContain('Keep a worker of one')

  // Without a worker of their build runs wait, at a gate as in the monitoring: the other build does not touch them.
  const second = new RunObserver(temporal, 'local', other.databaseId)
  await documentOf<object>(command(other, 'start', '--requester', 'Ada', '--time-scale', '86400'), 0)
  await second.gateOpen('team-lead')
  await second.decide('team-lead', 'Bea')
  await second.gateOpen('environment')
  await expect.poll(versions).toEqual({
    one: { current: false, openRuns: 3 },
    two: { current: true, openRuns: 1 },
  })

  // With one they go on to their ends as they began.
  await startWorker('one')
  await first.approveAll(
    ASKED.filter((gate) => gate !== 'team-lead'),
    'Bea',
  )
  expect(await first.closed()).toMatchObject({ outcome: 'completed' })
  expect(await third.closed()).toMatchObject({ outcome: 'completed' })
  await expect.poll(versions).toEqual({
    one: { current: false, openRuns: 0 },
    two: { current: true, openRuns: 1 },
  })
  expect(await added(second.workflowId)).toBe(1)
  const old = [first.workflowId, third.workflowId, monitoringWorkflowId(third.workflowId)]
  for (const workflowId of old) {
    expect(await added(workflowId)).toBe(0)
    await expect(replayByLaterBuild(workflowId)).rejects.toThrow(/Nondeterminism/)
  }

  // The build of a run is lost for good: by hand it goes to another one of the same code.
  await stopWorker('two')
  await startWorker('three')
  // The server knows of a build some moments after its worker polls.
  await expect.poll(() => moveByHand(second.workflowId, 'three').catch(String)).toBeUndefined()
  await second.decide('environment', 'Bea')
  await second.gateOpen('connectivity')
  await expect.poll(versions).toMatchObject({ two: { openRuns: 0 }, three: { openRuns: 1 } })
})

/** As docs/upgrades.md says it. */
async function moveByHand(workflowId: string, buildId: string): Promise<void> {
  const line = /^`?(temporal workflow update-options [^`]*)/m.exec(
    readFileSync(path.join(packageRoot(), 'docs', 'upgrades.md'), 'utf8'),
  )?.[1]
  if (line === undefined) throw new Error('docs/upgrades.md has no such command')
  const [, ...args] = line.replace(' ID', ` ${workflowId}`).replace(' BUILD', ` ${buildId}`).split(/\s+/)
  const program = await provideTemporal('temporal-cli')
  await execa(program, [...args, '--address', server.address, '--namespace', server.namespace])
}

/** How often a workflow did what only the later build does. */
async function added(workflowId: string): Promise<number> {
  const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory()
  return (events ?? []).filter(({ userMetadata }) =>
    Buffer.from(userMetadata?.summary?.data ?? []).includes(ADDED),
  ).length
}

async function replayByLaterBuild(workflowId: string): Promise<void> {
  const history = await temporal.client.workflow.getHandle(workflowId).fetchHistory()
  await Worker.runReplayHistory({ workflowBundle: { codePath: laterBundle } }, history, workflowId)
}
