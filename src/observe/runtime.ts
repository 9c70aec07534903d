import { inspect } from 'node:util'
import { DefaultLogger, Runtime, type LogEntry, type RuntimeOptions } from '@temporalio/worker'
import getPort from 'get-port'
import { writeLog } from '../process/log.js'
import { redact } from '../process/redact.js'
import { visibleJson } from '../text/visible.js'
import type { ObserveSettings } from './settings.js'
import { BUCKETS } from './meters.js'

/** What the SDK's native half says goes to our log: by itself it writes to standard output, where the one document of `--json` is. */
export const NATIVE_LOG = { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } as const

/**
 * Installs the SDK's runtime with the log and the exporter of metrics that are asked for. `exporter`: its address, which only this machine
 * reaches: `endpoint.ts` serves it. Once a process, before the first worker or connection of it. It ends by itself with the last of those: where none
 * came to be, it keeps the process from ending until its `shutdown`, which may be asked for at any time.
 */
export async function installRuntime({
  metrics,
  json,
  logger,
}: ObserveSettings): Promise<{ exporter: string | undefined; shutdown: () => Promise<void> }> {
  const bindAddress = metrics === undefined ? undefined : `127.0.0.1:${await getPort()}`
  const options: RuntimeOptions = {
    logger: json ? jsonLog() : (logger ?? plainLog('INFO')),
    telemetryOptions: {
      logging: NATIVE_LOG,
      ...(bindAddress === undefined
        ? {}
        : {
            metrics: {
              prometheus: {
                bindAddress,
                countersTotalSuffix: true,
                unitSuffix: true,
                useSecondsForDurations: true,
                histogramBucketOverrides: BUCKETS,
              },
            },
          }),
    },
  }
  const runtime = Runtime.install(options)
  return { exporter: bindAddress, shutdown: () => runtime.shutdown() }
}

function jsonLog(): DefaultLogger {
  return new DefaultLogger('INFO', (entry) => void process.stderr.write(`${jsonLine(entry)}\n`))
}

/** Whole entries, for people. The SDK's own writes what stands in an error as it is: whoever starts a run would write on the worker's terminal. */
export function plainLog(level: 'INFO' | 'WARN'): DefaultLogger {
  return new DefaultLogger(level, (entry) => writeLog(plainEntry(entry)))
}

function plainEntry({ message, level, timestampNanos, meta }: LogEntry): string {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString()
  return `${time} [${level}] ${message}${meta === undefined ? '' : ` ${inspect(meta)}`}`
}

/** Names that logs are searched by, whoever wrote the line: the run, its gate, what was done. */
const NAMES: Record<string, string> = { workflowId: 'run', activityType: 'activity' }

/** What the worker says itself, in the manner of its log. */
export function sayOnLog(message: string, { json }: Pick<ObserveSettings, 'json'>): void {
  const entry = { message, level: 'INFO', timestampNanos: BigInt(Date.now()) * 1_000_000n } as const
  if (json) process.stderr.write(`${jsonLine(entry)}\n`)
  else writeLog(message)
}

/** One line, without secrets: texts are redacted before they are put in. */
export function jsonLine({ message, level, timestampNanos, meta = {} }: LogEntry): string {
  const fields = Object.entries(meta).map(([name, value]) => [NAMES[name] ?? name, plain(value)])
  return visibleJson({
    time: new Date(Number(timestampNanos / 1_000_000n)).toISOString(),
    level,
    message: redact(message),
    ...(Object.fromEntries(fields) as object),
  })
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  if (value instanceof Error) return redact(value.stack ?? value.message)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  return redact(JSON.stringify(value))
}
