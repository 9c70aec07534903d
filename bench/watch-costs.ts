/**
 * What a person costs who leaves `d1-runbook watch` open for the whole day after a migration: queries, as the Temporal server
 * counts them. A real run with 34 checkpoints, 300 times faster, followed by the very code of `watch` with its pauses as much
 * shorter. Goal: at most 100 actions. Run: `tsx bench/watch-costs.ts` (takes five minutes).
 */
import { execa } from 'execa'
import getPort from 'get-port'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { followRun } from '../src/client/follow.js'
import { migrationWorkflowId } from '../src/contract/names.js'
import { provideTemporal } from '../src/temporal/binaries.js'
import { connectClient } from '../src/temporal/connection.js'
import { buildIfStale, documentOf, launch, launchService, untilSays } from '../test/e2e/processes.js'
import { createLocalProject } from '../test/e2e/project.js'

const GOAL = 100
const TIME_SCALE = 300
/** As `watch` has it, in the time of this run. */
const WATCH_PAUSE_MS = 15_000 / TIME_SCALE
/** A look takes its time at any time scale. */
const LOOK_TAKES_MS = 700
const DATABASE = '00000000-0000-4000-8000-0000000000d1'

await buildIfStale()
const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-watch-'))
const [port, uiPort, metricsPort] = [await getPort(), await getPort(), await getPort()]
const address = `127.0.0.1:${port}`
const cli = await provideTemporal('temporal-cli')
const server = execa(
  cli,
  [
    ...['server', 'start-dev', '--headless', '--port', `${port}`, '--ui-port', `${uiPort}`],
    ...['--metrics-port', `${metricsPort}`, '--log-level', 'error'],
  ],
  { reject: false, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
)
try {
  await untilCounted()
  const { databaseId, folder: projectDir } = createLocalProject({ folder, databaseId: DATABASE })
  const env = { TEMPORAL_ADDRESS: address }
  const worker = launchService(['worker', '--project', projectDir, '--json'], env)
  await untilSays(worker, /Worker polls/)
  await documentOf<object>(
    launch(
      [
        'start',
        '--yes',
        '--requester',
        'Ada',
        '--time-scale',
        `${TIME_SCALE}`,
        '--project',
        projectDir,
        '--json',
      ],
      env,
    ),
    0,
  )
  await watch(projectDir, migrationWorkflowId('local', databaseId))
  worker.kill('SIGTERM')
  await worker
} finally {
  server.kill('SIGTERM')
  await server
  rmSync(folder, { recursive: true, force: true })
}

async function watch(projectDir: string, workflowId: string): Promise<void> {
  process.env['TEMPORAL_ADDRESS'] = address
  const session = await connectClient({ projectDir })
  const before = await plural('QueryWorkflow')
  let shown = 0
  let checkpoints = 0
  try {
    const views = followRun({
      session,
      workflowId,
      minPauseMs: WATCH_PAUSE_MS,
      settleMs: LOOK_TAKES_MS,
      signal: new AbortController().signal,
      onSilence: console.error,
    })
    for await (const view of views) {
      shown += 1
      checkpoints = view.monitoring?.checkpoints.length ?? 0
    }
  } finally {
    await session.close()
  }
  const queries = (await plural('QueryWorkflow')) - before
  console.log(`checkpoints ${checkpoints}, pictures ${shown}, queries ${queries}`)
  console.log(`heartbeats of the run, which leave no event: ${await plural('RecordActivityTaskHeartbeat')}`)
  console.log(`goal: at most ${GOAL} actions; ${queries <= GOAL ? 'met' : 'MISSED'}`)
  if (queries > GOAL || checkpoints !== 34) process.exitCode = 1
}

/** Requests of a kind that Temporal Cloud bills as an action, counted by the server itself. */
async function plural(operation: 'QueryWorkflow' | 'RecordActivityTaskHeartbeat'): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
  return (await answer.text())
    .split('\n')
    .filter(
      (line) =>
        /^service_requests\w*\{/.test(line) &&
        line.includes(`operation="${operation}"`) &&
        line.includes('service_name="frontend"'),
    )
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

/** Waits until the server answers. */
async function untilCounted(): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (
      await plural('QueryWorkflow')
        .then(() => true)
        .catch(() => false)
    )
      return
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error('the Temporal server did not come up')
}
