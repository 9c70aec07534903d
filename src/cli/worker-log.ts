import { DefaultLogger, Runtime } from '@temporalio/worker'

/**
 * A person's terminal shows what happens to their database; of the worker's own log only warnings. Call once, before the first worker.
 * `ownSignals`: Ctrl-C is ours to handle; else the SDK drains the worker on it.
 */
export function quietWorkerLog({ ownSignals }: { ownSignals: boolean }): void {
  Runtime.install({ logger: new DefaultLogger('WARN'), ...(ownSignals ? { shutdownSignals: [] } : {}) })
}
