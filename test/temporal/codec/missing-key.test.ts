import { randomBytes, randomUUID } from 'node:crypto'
import type { Payload } from '@temporalio/common'
import type { NativeConnection } from '@temporalio/worker'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readRun } from '../../../src/client/runs.js'
import { steerRun } from '../../../src/client/steer.js'
import { keysDiffer } from '../../../src/client/keys-differ.js'
import { NO_KEYS, parseCodecKeys, type CodecKeys } from '../../../src/temporal/codec/keys.js'
import { EncryptionCodec } from '../../../src/temporal/codec/encryption.js'
import { demandKeysOfOpenRuns } from '../../../src/temporal/open-runs.js'
import { startRun } from '../../../src/client/start.js'
import { connectClient, type TemporalClient } from '../../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../../src/temporal/embedded-server.js'
import { connectWorker } from '../../../src/temporal/worker-connection.js'
import { createRunbookWorker } from '../../../src/temporal/worker.js'
import { requestFor } from '../../workflows/request.js'
import { openWorld } from '../../workflows/world.js'

const QUEUE = 'keys'
const A = parseCodecKeys(`a:${randomBytes(32).toString('base64')}`, 'keys')
const B = parseCodecKeys(`b:${randomBytes(32).toString('base64')}`, 'keys')

let projectDir: string
let server: EmbeddedServer
let session: TemporalClient
let connection: NativeConnection

beforeAll(async () => {
  projectDir = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-missing-key-'))
  server = await startEmbeddedServer({ projectDir })
  session = await connectClient({ projectDir, codecKeys: A })
  ;({ connection } = await connectWorker({ projectDir }))
})

afterAll(async () => {
  await connection.close()
  await session.close()
  await server.stop()
  rmSync(projectDir, { recursive: true, force: true })
})

/** Until it is told to stop, at the latest until the test is over: the next one would meet it. */
async function worker(codecKeys: CodecKeys): Promise<() => Promise<void>> {
  const made = await createRunbookWorker({
    connection,
    namespace: 'default',
    taskQueue: QUEUE,
    activities: openWorld().activities,
    codecKeys,
  })
  const ended = made.run()
  const stop = async (): Promise<void> => {
    if (made.getState() === 'RUNNING') made.shutdown()
    await ended
  }
  onTestFinished(stop)
  return stop
}

/** Asked until it is so: a worker takes its first task when it likes. */
async function untilRead(workflowId: string, phase: string): Promise<void> {
  const seen = async () => (await readRun(session, workflowId).catch(() => undefined))?.phase
  await expect.poll(seen).toBe(phase)
}

test('a worker without the key of a run does not begin; one that polls all the same loses nothing, and is named', async () => {
  const { workflowId } = await startRun(session, QUEUE, requestFor(randomUUID()))
  for (const codecKeys of [NO_KEYS, B]) {
    const keyless = await connectClient({ projectDir, codecKeys })
    await expect.poll(() => demandKeysOfOpenRuns(keyless, QUEUE).catch(String)).toMatch(/under way on keys/)
    await expect(demandKeysOfOpenRuns(keyless, 'another queue')).resolves.toBeUndefined()
    await keyless.close()
  }
  await expect(demandKeysOfOpenRuns(session, QUEUE)).resolves.toBeUndefined()

  const stop = await worker(NO_KEYS)
  const seen = (): Promise<unknown> => readRun(session, workflowId).catch((error: unknown) => error)
  await expect.poll(seen).toMatchObject({
    type: 'WorkerKeyMissing',
    retryable: true,
    message: expect.stringContaining('the key a, which this process does not have') as string,
  })
  await stop()
  const stopKeyed = await worker(A)
  await untilRead(workflowId, 'prerequisites')
  await stopKeyed()
})

describe('what nobody can read does not hold a run up', () => {
  const spoiled = async (): Promise<[string, Payload[]][]> => {
    const [sealed] = await new EncryptionCodec(A).encode([{ metadata: {}, data: Buffer.from('x') }])
    const metadata = sealed?.metadata ?? {}
    const foreign = { ...metadata, 'encryption-key-id': Buffer.from('no name of ours') }
    const encoding = (text: string, data: string): Payload[] => [
      { metadata: { encoding: Buffer.from(text) }, data: Buffer.from(data) },
    ]
    return [
      ['cut', [{ metadata, data: Buffer.from('short') }]],
      ['changed', [{ metadata, data: Buffer.alloc(200, 7) }]],
      ['of a key that cannot be', [{ metadata: foreign, data: Buffer.alloc(200) }]],
      ['of no encoding', [{ data: Buffer.from('{}') }]],
      ['of an unknown encoding', encoding('binary/other', '{}')],
      ['of broken JSON', encoding('json/plain', '{')],
    ]
  }

  test('six kinds of signals, and the abort after them is heeded', async () => {
    const stop = await worker(A)
    const { workflowId, runId } = await startRun(session, QUEUE, requestFor(randomUUID()))
    await untilRead(workflowId, 'prerequisites')
    for (const [kind, payloads] of await spoiled()) {
      for (const signalName of ['decide', 'observe', 'abort', 'nothing']) {
        await session.client.workflowService.signalWorkflowExecution({
          namespace: 'default',
          workflowExecution: { workflowId, runId },
          signalName,
          input: { payloads },
          requestId: randomUUID(),
          identity: kind,
        })
      }
    }
    const order = { command: 'abort', reason: 'enough', actor: 'Bea' } as const
    await steerRun(session, { workflowId, runId }, order, { folder: projectDir })
    const view = await session.client.workflow.getHandle(workflowId, runId).result()
    expect(view).toMatchObject({ outcome: 'aborted' })
    const { events } = await session.client.workflow.getHandle(workflowId, runId).fetchHistory()
    expect(events?.filter(({ workflowTaskFailedEventAttributes: failed }) => failed)).toEqual([])
    await stop()
  })
})

describe('who may send', () => {
  test.each([
    ['neither encrypts', undefined, [[]], undefined],
    ['both with the same key', 'a', [['a']], undefined],
    ['the worker reads with the key behind its own', 'b', [['a', 'b']], undefined],
    ['one of two workers has it', 'b', [[], ['b']], undefined],
    ['no worker polls', 'a', [], 'WorkerKeyMissing'],
    ['only the client encrypts', 'a', [[]], 'WorkerKeyMissing'],
    ['with a key that the worker has not', 'b', [['a']], 'WorkerKeyMissing'],
    ['only the worker encrypts', undefined, [['a']], 'KeyMissing'],
    ['one of two workers encrypts', undefined, [[], ['a']], 'KeyMissing'],
  ])('%s', (_, writes, workers, type) => {
    expect(keysDiffer('queue', writes, workers)?.type).toBe(type)
  })
})
