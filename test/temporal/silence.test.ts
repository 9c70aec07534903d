import { bundleWorkflowCode, Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest'
import { workerCheck } from '../../src/cli/jobs/doctor-worker.js'
import { submitDecision } from '../../src/client/decide.js'
import { followRun } from '../../src/client/follow.js'
import { patiently, type Silence } from '../../src/client/patience.js'
import { readRun } from '../../src/client/runs.js'
import { readPollers, requireWorker } from '../../src/client/worker-presence.js'
import { RunbookError } from '../../src/contract/failures.js'
import type { RunView } from '../../src/contract/run.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { identityWith } from '../../src/temporal/codec/identity.js'
import { readCodecKeys } from '../../src/temporal/codec/keys.js'
import { connectWorker } from '../../src/temporal/worker-connection.js'
import { temporaryFolder } from '../temporary-folder.js'
import { sampleRun } from '../runbook/sample-run.js'

const QUEUE = 'silence'
const WORKFLOW = 'migration/production/silence'

/** A server of its own, with a client and a connection for workers. */
interface Place {
  server: EmbeddedServer
  session: TemporalClient
  connection: NativeConnection
  close: () => Promise<void>
}

let place: Place
let begun: { code: string }
let upgraded: { code: string }

async function openPlace(): Promise<Place> {
  const projectDir = temporaryFolder()
  const server = await startEmbeddedServer({ projectDir })
  const session = await connectClient({ projectDir })
  const { connection } = await connectWorker({ projectDir })
  const close = async (): Promise<void> => {
    await connection.close()
    await session.close()
    await server.stop()
  }
  return { server, session, connection, close }
}

function bundle(name: string): Promise<{ code: string }> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL(`silence/${name}.ts`, import.meta.url)),
    logger: {
      ...console,
      info: () => undefined,
      debug: () => undefined,
      trace: () => undefined,
      log: () => undefined,
    },
    webpackConfigHook: (config) => ({
      ...config,
      resolve: { ...config.resolve, extensionAlias: { '.js': ['.ts', '.js'] } },
    }),
  })
}

/** Starts workers of one version of the code, until they are told to stop; at the latest until the test is over, well or not. */
function workersOf(
  { connection }: Place,
  onTestFinished: TestContext['onTestFinished'],
  taskQueue = QUEUE,
): (workflowBundle: { code: string }) => Promise<() => Promise<void>> {
  return async (workflowBundle) => {
    const made = await Worker.create({ workflowBundle, connection, taskQueue, namespace: 'default' })
    const ended = made.run()
    const stop = async (): Promise<void> => {
      if (made.getState() === 'RUNNING') made.shutdown()
      await ended
    }
    onTestFinished(stop)
    return stop
  }
}

beforeAll(async () => {
  place = await openPlace()
  begun = await bundle('before')
  upgraded = await bundle('after')
})

afterAll(() => place.close())

/**
 * What the followers are told, in order: the type of each silence, and `answers` when it is over. One silence may be told in
 * several wordings (a worker that cannot replay answers a query otherwise than the task that fails), and counts once.
 */
function ear(): { heard: string[]; silences: Silence[]; onSilence: (silence: Silence | undefined) => void } {
  const heard: string[] = []
  const silences: Silence[] = []
  return {
    heard,
    silences,
    onSilence: (silence) => {
      const told = silence?.error.type ?? 'answers'
      if (heard.at(-1) !== told) heard.push(told)
      if (silence !== undefined) silences.push(silence)
    },
  }
}

// The next two wait for what Temporal takes its time to notice, a minute and more: side by side.
test.concurrent('a worker that is gone, one that cannot replay, and the server that is gone are told apart, and waited for', async ({
  expect,
  onTestFinished,
}) => {
  // It is frozen below.
  const own = await openPlace()
  onTestFinished(() => own.close())
  const { server, session } = own
  const projectDir = temporaryFolder()
  const worker = workersOf(own, onTestFinished)
  const stop = await worker(begun)
  const { firstExecutionRunId: runId } = await session.client.workflow.start('productionMigration', {
    workflowId: WORKFLOW,
    taskQueue: QUEUE,
    args: [sampleRun({ outcome: null, phase: 'execute' })],
  })
  expect(await readRun(session, WORKFLOW)).toMatchObject({ phase: 'execute' })

  // Its code goes another way than the run's history: asked at rest, it answers that it cannot.
  await stop()
  const stopUpgraded = await worker(upgraded)
  await expect(readRun(session, WORKFLOW)).rejects.toMatchObject({
    type: 'WorkerCannotReplay',
    retryable: true,
    message: expect.stringContaining('Nondeterminism') as string,
    // The same failure comes of commands that no version of ours gives.
    advice: expect.stringMatching(
      /not known from here[^]*version that the run began with[^]*Where no version goes on[^]*terminate --workflow-id migration\/production\/silence[^]*adopt-run/,
    ) as string,
  })
  // Asked while a task of the run fails again and again.
  await session.client.workflow.getHandle(WORKFLOW).signal('observe', {})
  const decision = { gate: 'plan', decision: 'approve', actor: 'Ada', decisionId: 'one' } as const
  const run = { workflowId: WORKFLOW, runId, planHash: null }
  const failed = submitDecision(session, run, decision, { folder: projectDir })
  await expect(failed).rejects.toMatchObject({ type: 'WorkerCannotReplay' })

  // The follower goes on through it; the worker of before comes back, and the decision counts once.
  const { heard, silences, onSilence } = ear()
  const leaving = new AbortController()
  const seen = followRun({
    session,
    workflowId: WORKFLOW,
    minPauseMs: 100,
    signal: leaving.signal,
    onSilence,
  })
  const first = seen.next()
  await expect.poll(() => heard).toEqual(['WorkerCannotReplay'])
  expect(silences[0]?.since).toBeGreaterThan(Date.now() - 120_000)
  await stopUpgraded()
  const stopAgain = await worker(begun)
  expect((await first).value).toMatchObject({ phase: 'execute' })
  // Between the two workers it may have heard that there is none.
  expect([heard[0], heard.at(-1)]).toEqual(['WorkerCannotReplay', 'answers'])
  expect(heard.filter((told) => told === 'answers')).toHaveLength(1)
  const signal = leaving.signal
  const answer = await patiently({ signal, onSilence }, () =>
    submitDecision(session, run, decision, { folder: projectDir }),
  )
  expect(answer).toBe('counted')

  // The server dies without a word: that is said too, and that it answered until then.
  const second = seen.next()
  const froze = Date.now()
  process.kill(server.pid, 'SIGSTOP')
  try {
    await expect.poll(() => heard.at(-1)).toBe('TemporalUnreachable')
    expect(silences.at(-1)?.since).toBeGreaterThan(froze - 60_000)
    expect(silences.at(-1)?.since).toBeLessThan(froze + 1_000)
  } finally {
    process.kill(server.pid, 'SIGCONT')
  }
  await expect.poll(() => heard.at(-1)).toBe('answers')
  leaving.abort()
  await second
  await stopAgain()
})

test.concurrent('a worker that goes while a gate waits is missed without being asked, and heard again', async ({
  expect,
  onTestFinished,
}) => {
  const { session } = place
  const worker = workersOf(place, onTestFinished)
  const workflowId = 'migration/production/at-a-gate'
  const stop = await worker(begun)
  await session.client.workflow.start('productionMigration', {
    workflowId,
    taskQueue: QUEUE,
    args: [sampleRun({ outcome: null, phase: 'execute' })],
  })
  const { heard, silences, onSilence } = ear()
  const leaving = new AbortController()
  const views = followRun({ session, workflowId, minPauseMs: 100, signal: leaving.signal, onSilence })
  let seen = 0
  const following = (async () => {
    for await (const { phase } of views) seen += phase === 'execute' ? 1 : 0
  })()
  // The second look is at what had happened before it began: behind it nothing is asked any more.
  await expect.poll(() => seen).toBe(2)
  const stopped = Date.now()
  await stop()
  await expect.poll(() => heard.at(-1)).toBe('WorkerMissing')
  expect(silences.at(-1)?.since).toBeGreaterThan(stopped - 90_000)
  const stopAgain = await worker(begun)
  await expect.poll(() => heard.at(-1)).toBe('answers')

  // Another server at the same place, or one without its histories: the follower waits for the one that knows the run.
  const { namespace } = session
  await session.client.workflowService.deleteWorkflowExecution({
    namespace,
    workflowExecution: { workflowId },
  })
  await expect.poll(() => heard.at(-1)).toBe('TemporalUnreachable')
  expect(silences.at(-1)?.error.message).toContain('does not know the run')
  leaving.abort()
  await following
  await stopAgain()
})

test.concurrent('a worker that is suspended while a step works is missed, though nothing happens', async ({
  expect,
  onTestFinished,
}) => {
  const { session } = place
  const workflowId = 'migration/production/suspended-at-work'
  const taskQueue = 'working'
  const stop = await workersOf(place, onTestFinished, taskQueue)(begun)
  const view = sampleRun({ outcome: null, phase: 'execute' })
  const steps = view.steps.map((one) =>
    one.step === 'execute' ? { ...one, state: 'running' as const } : one,
  )
  await session.client.workflow.start('productionMigration', {
    ...{ workflowId, taskQueue, args: [{ ...view, steps }] },
  })
  const { heard, onSilence } = ear()
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  const { signal } = leaving
  const views = followRun({ session, workflowId, minPauseMs: 100, signal, onSilence })
  let seen = 0
  const following = (async () => {
    for await (const _view of views) seen += 1
  })()
  await expect.poll(() => seen).toBe(2)
  await stop()
  const taking = takesAndDoesNone(session, taskQueue, signal)
  await expect.poll(() => heard.at(-1)).toBe('WorkerSilent')
  leaving.abort()
  await Promise.all([following, taking])
})

/** Polls as a worker does, until `signal`, and never answers: as one that was suspended when it had asked for work. */
async function takesAndDoesNone(
  { client, namespace }: TemporalClient,
  taskQueue: string,
  signal: AbortSignal,
): Promise<void> {
  const poll = (): Promise<unknown> =>
    client.workflowService.pollWorkflowTaskQueue({
      ...{ namespace, identity: 'suspended', taskQueue: { name: taskQueue } },
    })
  while (!signal.aborted) await client.withAbortSignal(signal, poll).catch(() => undefined)
}

test('the end of a run ends the pause between two looks, and other events do not', async ({
  onTestFinished,
}) => {
  const { session } = place
  const workflowId = 'migration/production/ends'
  const stop = await workersOf(place, onTestFinished)(begun)
  const handle = await session.client.workflow.start('productionMigration', {
    workflowId,
    taskQueue: QUEUE,
    args: [sampleRun({ outcome: null, phase: 'execute' })],
  })
  const leaving = new AbortController()
  const views = followRun({
    ...{ session, workflowId, minPauseMs: 3_600_000 },
    ...{ signal: leaving.signal, onSilence: () => undefined },
  })
  onTestFinished(() => leaving.abort())
  const look = async (): Promise<unknown> => {
    const { value } = (await views.next()) as { value?: RunView }
    return value?.outcome
  }
  const outcomes = [await look(), await look()]
  const last = look()
  await handle.signal('observe', {})
  await handle.signal('end')
  outcomes.push(await last)
  expect(outcomes).toEqual([null, null, 'completed'])
  expect(await views.next()).toMatchObject({ done: true })
  await stop()
})

test('a call that is to be sent again does not outlive its connection', async () => {
  const folder = temporaryFolder()
  const short = await startEmbeddedServer({ projectDir: folder })
  const asking = await connectClient({ projectDir: folder })
  await short.stop()
  const failures: unknown[] = []
  const keep = (error: unknown): void => void failures.push(error)
  process.on('uncaughtException', keep)
  try {
    const asked = Promise.allSettled([asking.client.workflow.getHandle('a').describe()])
    await setTimeout(150)
    await asking.close()
    await asked
    await setTimeout(300)
    expect(failures).toEqual([])
  } finally {
    process.off('uncaughtException', keep)
  }
})

test('nobody polls: that is said only of a queue that nobody polls', async () => {
  const { session } = place
  const workflowId = 'migration/production/nobody'
  await session.client.workflow.start('productionMigration', {
    workflowId,
    taskQueue: 'nobody',
    args: [sampleRun()],
  })
  await expect(readRun(session, workflowId)).rejects.toMatchObject({
    type: 'WorkerMissing',
    message: 'No worker polls the task queue nobody.',
  })
})

test('of a worker that takes each task and does none, as one that is suspended, only its silence is told', async () => {
  const { session } = place
  const workflowId = 'migration/production/suspended'
  const taskQueue = 'suspended'
  const { namespace } = session
  const handle = await session.client.workflow.start('productionMigration', {
    ...{ workflowId, taskQueue, args: [sampleRun()] },
    workflowTaskTimeout: '1s',
  })
  const attempt = async (): Promise<number> => {
    await session.client.withDeadline(Date.now() + 3_000, () =>
      session.client.workflowService.pollWorkflowTaskQueue({
        ...{ namespace, identity: 'suspended', taskQueue: { name: taskQueue } },
      }),
    )
    const { raw } = await handle.describe()
    return raw.pendingWorkflowTask?.attempt ?? 0
  }
  // From the third on the server refuses questions, as it does of a task that failed.
  await expect.poll(() => attempt().catch(() => 0), { timeout: 60_000 }).toBeGreaterThanOrEqual(3)
  await expect(session.client.workflow.getHandle(workflowId).query('run')).rejects.toMatchObject({
    cause: { message: expect.stringContaining('failed state') as string },
  })
  await expect(readRun(session, workflowId)).rejects.toMatchObject({
    type: 'WorkerSilent',
    message: 'A worker polls the task queue suspended, and does not answer.',
    advice: expect.not.stringContaining('terminate') as string,
  })
  // One that polls is not known to answer.
  expect(await workerCheck(session, taskQueue)).toMatchObject({
    state: 'failed',
    message: `asked of ${workflowId}: A worker polls the task queue suspended, and does not answer.`,
  })
  await handle.terminate()
  await expect
    .poll(() => workerCheck(session, taskQueue))
    .toMatchObject({
      state: 'passed',
      message: expect.stringMatching(
        /^polls suspended \(last poll .* ago\); whether it answers was not asked/,
      ) as string,
    })
})

test('the doctor says that a worker answers once it has, and that nobody polls', async ({
  onTestFinished,
}) => {
  const { session } = place
  const workflowId = 'migration/production/examined'
  await session.client.workflow.start('productionMigration', {
    workflowId,
    taskQueue: QUEUE,
    args: [sampleRun({ outcome: null, phase: 'execute' })],
  })
  await workersOf(place, onTestFinished)(begun)
  await expect
    .poll(() => workerCheck(session, QUEUE))
    .toMatchObject({ state: 'passed', message: expect.stringContaining(', and answers for ') as string })
  expect(await workerCheck(session, 'a-queue-of-nobody')).toMatchObject({ state: 'failed' })
})

test("the project's server that comes back at another port is found again by who waits for it", async () => {
  const folder = temporaryFolder()
  const before = await startEmbeddedServer({ projectDir: folder })
  const waiting = await connectClient({ projectDir: folder })
  const taken = createServer((socket) => socket.destroy())
  let after: EmbeddedServer | undefined
  try {
    await before.stop()
    const port = Number(before.address.split(':').at(-1))
    // Taken already, by somebody else: all the better.
    await new Promise<void>((resolve) =>
      taken.once('error', () => resolve()).listen(port, '127.0.0.1', resolve),
    )
    after = await startEmbeddedServer({ projectDir: folder })
    expect(after.address).not.toBe(before.address)
    const { signal } = new AbortController()
    const { heard, onSilence } = ear()
    const answer = await patiently({ signal, onSilence, session: waiting }, () =>
      readPollers(waiting, QUEUE).catch((error: unknown) => {
        throw new RunbookError('TemporalUnreachable', String(error), { advice: '' })
      }),
    )
    expect(answer?.polling).toBe(false)
    expect(heard).toEqual(['TemporalUnreachable', 'answers'])
    expect(waiting.address).toBe(after.address)
  } finally {
    taken.close()
    await waiting.close()
    await after?.stop()
  }
})

test('what an agent proposes is begun by no worker that would keep it as a run of a person', async ({
  onTestFinished,
}) => {
  const { session, connection } = place
  const polling = async (
    taskQueue: string,
    identity: string,
    more: Partial<WorkerOptions> = {},
  ): Promise<void> => {
    const worker = await Worker.create({
      ...{ workflowBundle: begun, connection, taskQueue, namespace: 'default', identity },
      ...more,
    })
    const running = worker.run()
    onTestFinished(async () => {
      worker.shutdown()
      await running
    })
    const identities = async (): Promise<(string | null | undefined)[]> => {
      const { pollers } = await session.client.workflowService.describeTaskQueue({
        ...{ namespace: 'default', taskQueue: { name: taskQueue }, taskQueueType: 1 },
      })
      return pollers.map((one) => one.identity)
    }
    await expect.poll(identities).toContain(identity)
  }
  const ask = (taskQueue: string, proposedBy?: { agent: string }): Promise<void> =>
    requireWorker(session, taskQueue, { patienceMs: 300, proposedBy })

  await polling('earlier', '7@host charters=aaaaaaaaaaaa')
  await expect(ask('earlier', { agent: 'an-agent' })).rejects.toMatchObject({ type: 'NotAdmitted' })
  await ask('earlier')
  // One of a version that is not promoted ends the runs that it has, and begins none.
  await polling('both', identityWith('8@host', readCodecKeys({})))
  await ask('both', { agent: 'an-agent' })
  const version = { deploymentName: 'earlier', buildId: 'earlier' }
  await polling('both', '7@host', {
    workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
  })
  await ask('both', { agent: 'an-agent' })
})
