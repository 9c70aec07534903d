import { context, propagation, trace } from '@opentelemetry/api'
import { Client } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { tracesAskedFor } from '../../src/temporal/tracing.js'
import { localTarget } from '../d1/local-target.js'
import { requestFor } from '../workflows/request.js'
import { openWorld } from '../workflows/world.js'

/** As OTLP has it in JSON. */
interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[]
  events: unknown[]
  status: { code?: number; message?: string }
}

const PLANTED = 'planted row of somebody'
const HEADER_SECRET = 'secret-of-the-receiver'

const json = { encoding: Buffer.from('json/plain') }
/** As anybody with the namespace can send them. */
const FOREIGN_HEADERS = [
  { metadata: json, data: Buffer.from('{"traceparent":') },
  { metadata: json, data: Buffer.from('["no", "trace"]') },
  { metadata: { encoding: Buffer.from('binary/unheard-of') }, data: Buffer.from('x') },
  { metadata: json, data: Buffer.from(JSON.stringify({ traceparent: 'x'.repeat(200_000) })) },
  { metadata: { ...json, more: Buffer.alloc(200_000) }, data: Buffer.from('{}') },
]

const received: Span[] = []
let bytes = ''
let told: () => void = () => undefined
let receiver: Server
let api: Server
let server: EmbeddedServer

beforeAll(async () => {
  receiver = createServer((asked, answer) => {
    const parts: Buffer[] = []
    asked.on('data', (part: Buffer) => parts.push(part))
    asked.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8')
      bytes += text
      const { resourceSpans } = JSON.parse(text) as {
        resourceSpans: { scopeSpans: { spans: Span[] }[] }[]
      }
      received.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
      answer.end('{}')
      told()
    })
  })
  api = createServer((_, answer) => void answer.writeHead(200).end('{"success":true}'))
  await Promise.all(
    [receiver, api].map((one) => new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))),
  )
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', addressOf(receiver))
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', `authorization=${HEADER_SECRET}`)
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '100')
  // The other files of this process ran without: whether a process sends traces is asked once.
  vi.resetModules()
})

afterAll(async () => {
  await server.stop()
  for (const one of [trace, context, propagation]) one.disable()
  receiver.close()
  api.close()
  vi.unstubAllEnvs()
  vi.resetModules()
})

function addressOf(listening: Server): string {
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
}

/** Resolves once such a span came; the test's own time is the limit. */
async function spanNamed(name: string): Promise<Span> {
  for (;;) {
    const more = new Promise<void>((resolve) => (told = resolve))
    const found = received.find((span) => span.name === name)
    if (found !== undefined) return found
    await more
  }
}

test('one trace leads from the start by a client through the workflow to Wrangler and to a call of the API, and says no SQL', async () => {
  const { connectClient } = await import('../../src/temporal/connection.js')
  const { connectWorker } = await import('../../src/temporal/worker-connection.js')
  const { startEmbeddedServer } = await import('../../src/temporal/embedded-server.js')
  const { createRunbookWorker } = await import('../../src/temporal/worker.js')
  const { openTracing } = await import('../../src/temporal/tracing.js')
  const { startRun } = await import('../../src/client/start.js')
  const { sendQuestion } = await import('../../src/d1/cloudflare/send.js')
  const { runWrangler } = await import('../../src/d1/wrangler/wrangler.js')
  const target = localTarget()
  const { projectDir } = target
  server = await startEmbeddedServer({ projectDir })

  const tracing = await openTracing()
  if (!('on' in tracing)) throw new Error(`no traces: ${tracing.off}`)
  const sql = `SELECT '${PLANTED}'`
  const { activities } = openWorld(() => ({
    checkPrerequisites: async () => {
      const args = ['d1', 'execute', target.database.name, '--command', sql]
      expect((await runWrangler({ target, args })).stdout).toContain(PLANTED)
      const client = { url: addressOf(api), token: 'a-token', tries: 1 }
      await sendQuestion(client, { path: '/accounts/acme/d1/database/some-id/query', body: { sql } })
      throw ApplicationFailure.nonRetryable(`D1 refused ${sql}`, 'ChecksFailed')
    },
  }))
  const { connection, namespace } = await connectWorker({ projectDir })
  const worker = await createRunbookWorker({
    ...{ connection, namespace, activities, taskQueue: 'traced', tracing: tracing.on },
  })
  const session = await connectClient({ projectDir })
  await worker.runUntil(async () => {
    const { workflowId } = await startRun(session, 'traced', requestFor('traced'))
    await session.client.workflow.getHandle(workflowId).result()
    for (const header of FOREIGN_HEADERS) {
      const foreign = new Client({
        ...{ connection: session.client.connection, namespace },
        interceptors: {
          workflow: [
            { startWithDetails: (input, next) => next({ ...input, headers: { '_tracer-data': header } }) },
          ],
        },
      })
      const handle = await foreign.workflow.start('productionMigration', {
        ...{ workflowId, taskQueue: 'traced', args: [requestFor('traced')] },
      })
      // The same run, and not one that no activity of which begins.
      expect(await handle.result()).toMatchObject({ outcome: 'failed', failure: { type: 'ChecksFailed' } })
      const { events } = await handle.fetchHistory()
      const sent = events?.map((event) => event.activityTaskScheduledEventAttributes?.header?.fields ?? {})
      expect(JSON.stringify(sent).length).toBeLessThan(20_000)
    }
  })
  await connection.close()
  await session.close()

  const started = await spanNamed('StartWorkflow:productionMigration')
  const activity = await spanNamed('RunActivity:checkPrerequisites')
  const wrangler = await spanNamed('wrangler d1 execute')
  const call = await spanNamed('Cloudflare POST /accounts/{}/d1/database/{}/query')
  expect(started.parentSpanId).toBeUndefined()
  expect(activity.parentSpanId).toBe(started.spanId)
  for (const child of [wrangler, call]) expect(child.parentSpanId).toBe(activity.spanId)
  expect(new Set([started, activity, wrangler, call].map(({ traceId }) => traceId)).size).toBe(1)
  const said = (span: Span) =>
    Object.fromEntries(span.attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))
  expect(said(wrangler)).toMatchObject({ 'wrangler.place': 'local', 'process.exit.code': 0 })
  expect(said(call)).toMatchObject({ 'http.response.status_code': 200 })
  // What failed is seen; why is in the run.
  expect(activity.status).toEqual({ code: 2 })
  expect(received.flatMap(({ events }) => events)).toEqual([])
  for (const secret of [PLANTED, HEADER_SECRET, 'some-id', 'acme', 'a-token'])
    expect(bytes).not.toContain(secret)
})

test('packages of another version are told, and no command fails for them', async () => {
  vi.resetModules()
  vi.doMock('@opentelemetry/resources', () => ({ resourceFromAttributes: () => ({}) }))
  try {
    const { openTracing } = await import('../../src/temporal/tracing.js')
    expect(await openTracing()).toEqual({
      off: expect.stringMatching(/Resource[^]*npm install .*@opentelemetry\/resources@1\./) as string,
    })
  } finally {
    vi.doUnmock('@opentelemetry/resources')
    vi.resetModules()
  }
})

test.each([
  [{}, { asked: false }],
  [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://o' }, { asked: false }],
  [{ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://o' }, { asked: false }],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, { asked: true }],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://o' }, { asked: true }],
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, { asked: true, why: 'OTEL_TRACES_EXPORTER may be otlp or none' }],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://o', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { asked: true, why: 'they are sent by HTTP, and OTEL_EXPORTER_OTLP_PROTOCOL is grpc' },
  ],
])('of %j it is known whether traces are asked for, and why they cannot be sent', (env, expected) => {
  expect(tracesAskedFor(env)).toEqual(expected)
})
