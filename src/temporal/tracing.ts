import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import type { WorkflowClientInterceptor } from '@temporalio/client'
import { defaultPayloadConverter, type Headers } from '@temporalio/common'
import type { ActivityInterceptorsFactory } from '@temporalio/worker'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defined } from '../contract/defined.js'
import { messageOf } from '../contract/failures.js'
import { noteSecret } from '../contract/given-secrets.js'
import { OWN_NAME } from '../contract/names.js'
import { packageRoot } from '../process/package-root.js'
import { measureWith } from '../process/span.js'

/** How long a command that is done waits for a receiver of its spans. Milliseconds. */
const FLUSH_MS = 2_000

/** Of our spans and of Temporal's. Others, texts of errors and events among them, may hold SQL, rows or what people wrote: they stay here. */
const SENT = new Set([
  ...['temporalWorkflowId', 'temporalActivityId', 'temporalUpdateId', 'run_id'],
  ...['wrangler.command', 'wrangler.place', 'process.exit.code', 'wrangler.result'],
  ...['http.request.method', 'url.template', 'http.response.status_code'],
])

/** How a process takes part in traces. */
export interface Tracing {
  client: WorkflowClientInterceptor
  activity: ActivityInterceptorsFactory
  /** Sends what there is; never throws, and waits two seconds at most. */
  flush(): Promise<void>
}

/** `off`: why traces are not sent although they are asked for. */
export type TracingState = { on: Tracing } | { off: string | undefined }

type Environment = Record<string, string | undefined>

/** Whether the standard variables of OpenTelemetry ask for traces, and why we cannot send those. */
export function tracesAskedFor(env: Environment): { asked: boolean; why?: string } {
  const exporter = (env['OTEL_TRACES_EXPORTER'] ?? '').trim()
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? ''
  const disabled = env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true'
  if (disabled || exporter === 'none' || (exporter === '' && endpoint === '')) return { asked: false }
  if (exporter !== '' && exporter !== 'otlp')
    return { asked: true, why: 'OTEL_TRACES_EXPORTER may be otlp or none' }
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? ''
  if (protocol === 'grpc')
    return { asked: true, why: 'they are sent by HTTP, and OTEL_EXPORTER_OTLP_PROTOCOL is grpc' }
  return { asked: true }
}

let opened: Promise<TracingState> | undefined

/** Once a process: what it sends, by its own environment. */
export function openTracing(): Promise<TracingState> {
  opened ??= begin(process.env)
  return opened
}

async function begin(env: Environment): Promise<TracingState> {
  const { asked, why } = tracesAskedFor(env)
  if (!asked || why !== undefined) return { off: why }
  try {
    return { on: await load(env) }
  } catch (error) {
    // Also where other versions are installed: a migration does not depend on being looked at.
    return {
      off: `${messageOf(error).split('\n', 1)[0] ?? ''}; what sends them is had by npm install ${packages().join(' ')}`,
    }
  }
}

async function load(env: Environment): Promise<Tracing> {
  const { SpanStatusCode } = await import('@opentelemetry/api')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const { Resource, detectResourcesSync, envDetectorSync } = await import('@opentelemetry/resources')
  const { BatchSpanProcessor, NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node')
  const client = await import('@temporalio/interceptors-opentelemetry/lib/client/index.js')
  const worker = await import('@temporalio/interceptors-opentelemetry/lib/worker/index.js')
  for (const name of ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'])
    for (const header of (env[name] ?? '').split(','))
      noteSecret(header.slice(header.indexOf('=') + 1).trim())
  // Its own ten seconds would hold up the end of a command whose receiver is silent.
  const own = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'].some((name) => name in env)
  const exporter = new OTLPTraceExporter(own ? {} : { timeoutMillis: FLUSH_MS })
  const batches = new BatchSpanProcessor({
    export: (spans, done) => exporter.export(spans.map(bare), done),
    shutdown: () => exporter.shutdown(),
  })
  const provider = new NodeTracerProvider({
    resource: new Resource({ 'service.name': OWN_NAME }).merge(
      detectResourcesSync({ detectors: [envDetectorSync] }),
    ),
    spanProcessors: [batches],
  })
  provider.register()
  const tracer = provider.getTracer(OWN_NAME)
  measureWith({
    in: (name, facts, work) =>
      tracer.startActiveSpan(name, { attributes: facts }, async (span) => {
        try {
          return await work((more) => void span.setAttributes(more))
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR })
          throw error
        } finally {
          span.end()
        }
      }),
  })
  const ofClient = new client.OpenTelemetryWorkflowClientInterceptor({ tracer })
  return {
    client: {
      // What only looks, as `watch` does all the time, is no trace of its own.
      start: (input, next) => ofClient.start(input, next),
      startWithDetails: (input, next) => ofClient.startWithDetails(input, next),
      signal: (input, next) => ofClient.signal(input, next),
      startUpdate: (input, next) => ofClient.startUpdate(input, next),
    },
    activity: (context) => {
      const ofActivity = new worker.OpenTelemetryActivityInboundInterceptor(context, { tracer })
      return {
        inbound: {
          execute: (input, next) => ofActivity.execute({ ...input, headers: legible(input.headers) }, next),
        },
      }
    },
    flush: () =>
      Promise.race([batches.forceFlush().catch(() => undefined), sleep(FLUSH_MS, undefined, { ref: false })]),
  }
}

/** What collects and sends, in the versions that this release was tested with: nobody who sends no traces needs them. */
function packages(): string[] {
  const manifest = readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')
  const { peerDependencies } = JSON.parse(manifest) as { peerDependencies: Record<string, string> }
  return Object.entries(peerDependencies).map(([name, version]) => `${name}@${version}`)
}

/** A span without all that is not {@link SENT}. */
function bare(span: ReadableSpan): ReadableSpan {
  const { name, kind, startTime, endTime, duration, ended, resource, instrumentationLibrary } = span
  return {
    ...{ name, kind, startTime, endTime, duration, ended, resource, instrumentationLibrary },
    ...defined({ parentSpanId: span.parentSpanId }),
    spanContext: () => span.spanContext(),
    status: { code: span.status.code },
    attributes: Object.fromEntries(Object.entries(span.attributes).filter(([key]) => SENT.has(key))),
    ...{ links: [], events: [] },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  }
}

const HEADER = '_tracer-data'

/** Anybody with the namespace writes headers: one that says no trace is left out, for Temporal's own reader would throw. */
function legible(headers: Headers): Headers {
  const { [HEADER]: given, ...others } = headers
  if (given === undefined) return others
  try {
    const said = defaultPayloadConverter.fromPayload<unknown>(given)
    const names = typeof said === 'object' && said !== null && 'traceparent' in said
    return names && typeof said.traceparent === 'string' ? headers : others
  } catch {
    return others
  }
}
