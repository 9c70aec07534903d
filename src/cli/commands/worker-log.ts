import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker'
import { NATIVE_LOG } from '../../observe/runtime.js'

/**
 * A person's terminal shows what happens to their database; of the worker's own log only warnings, one line each. With
 * D1_RUNBOOK_DEBUG they come whole, with stacks. Call once, before the first worker.
 * `ownSignals`: Ctrl-C is ours to handle; else the SDK drains the worker on it.
 */
export function quietWorkerLog({ ownSignals }: { ownSignals: boolean }): void {
  const debug = process.env['D1_RUNBOOK_DEBUG']
  const whole = debug !== undefined && debug !== ''
  const logger = whole
    ? new DefaultLogger('WARN')
    : new DefaultLogger('WARN', (entry) => {
        const line = warningLine(entry)
        if (line !== undefined) process.stderr.write(`${line}\n`)
      })
  Runtime.install({
    logger,
    telemetryOptions: { logging: NATIVE_LOG },
    ...(ownSignals ? { shutdownSignals: [] } : {}),
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
