import { DefaultLogger, Runtime, type LogEntry, type Logger } from '@temporalio/worker'
import { NATIVE_LOG, plainLog } from '../../observe/runtime.js'
import { writeLog } from '../../process/log.js'

/** Installs {@link quietLogger}, for a process that handles Ctrl-C itself: the SDK does not. Call once, before the first worker. */
export function quietWorkerLog(): void {
  Runtime.install({
    logger: quietLogger(),
    telemetryOptions: { logging: NATIVE_LOG },
    shutdownSignals: [],
  })
}

/**
 * A person's terminal shows what happens to their database; of the worker's own log only warnings, one line each. With
 * D1_RUNBOOK_DEBUG they come whole, with stacks.
 */
export function quietLogger(): Logger {
  const debug = process.env['D1_RUNBOOK_DEBUG']
  if (debug !== undefined && debug !== '') return plainLog('WARN')
  return new DefaultLogger('WARN', (entry) => {
    const line = warningLine(entry)
    if (line !== undefined) writeLog(line)
  })
}

/** Said by the SDK of the worker of each disk, which is there for activities only. */
const AS_MEANT = 'No workflows registered, not polling for workflow tasks'

/**
 * What happened to which activity at which try, and why; the run's history holds the rest. Undefined for what is as we mean it.
 */
export function warningLine({ message, meta }: Pick<LogEntry, 'message' | 'meta'>): string | undefined {
  if (message === AS_MEANT) return undefined
  const { activityType, attempt, error } = (meta ?? {}) as {
    activityType?: unknown
    attempt?: unknown
    error?: unknown
  }
  const what = typeof activityType === 'string' ? `: ${activityType}` : ''
  const which = typeof attempt === 'number' ? `, attempt ${attempt}` : ''
  const why = error instanceof Error ? `: ${(error.message.split('\n')[0] ?? '').trim()}` : ''
  return `! ${message}${what}${which}${why}`
}
