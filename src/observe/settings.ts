import type { Logger } from '@temporalio/worker'
import { RunbookError } from '../contract/failures.js'
import { namedHosts, type OwnHost } from '../process/asked-host.js'

export const METRICS_VARIABLE = 'D1_RUNBOOK_METRICS'
export const LOG_VARIABLE = 'D1_RUNBOOK_LOG'

export interface ListenAt extends OwnHost {
  port: number
}

export interface ObserveSettings {
  /** Where health and metrics are asked for; undefined: nowhere. */
  metrics: ListenAt | undefined
  /** Whether the log is one JSON document a line. */
  json: boolean
  /** The SDK's log where it is no JSON; default: whole entries. */
  logger?: Logger
}

/** What the flag says, else the variables. Throws `ConfigInvalid`. */
export function readObserveSettings(flag: string | undefined, env: NodeJS.ProcessEnv): ObserveSettings {
  const asked = flag ?? env[METRICS_VARIABLE] ?? ''
  const format = env[LOG_VARIABLE] ?? ''
  if (format !== '' && format !== 'json' && format !== 'text')
    throw new RunbookError('ConfigInvalid', `${LOG_VARIABLE} is json or text.`, {
      advice: `Correct ${LOG_VARIABLE}, or leave it out.`,
    })
  const names = namedHosts(env)
  const at = asked === '' ? undefined : parseListenAt(asked)
  return { metrics: at && names.length > 0 ? { ...at, names } : at, json: format === 'json' }
}

/** `9464` is this machine's own, `0.0.0.0:9464` and `[::]:9464` everybody's. */
function parseListenAt(text: string): ListenAt {
  const [, host, port] = /^(?:(\[[\da-f:.]+\]|[\w.-]+):)?(\d{1,5})$/i.exec(text) ?? []
  if (port === undefined || Number(port) > 65_535)
    throw new RunbookError('ConfigInvalid', 'Where metrics are served is a port, or host:port.', {
      advice: `Such as --metrics-port 9464, or ${METRICS_VARIABLE}=0.0.0.0:9464 for other machines.`,
    })
  return { host: host?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port: Number(port) }
}
