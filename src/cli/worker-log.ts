import { DefaultLogger, Runtime } from '@temporalio/worker'

/** A person's terminal shows what happens to their database; of the worker's own log only warnings. Call once, before the first worker. */
export function quietWorkerLog(): void {
  Runtime.install({ logger: new DefaultLogger('WARN') })
}
