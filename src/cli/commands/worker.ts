import { Option, type Command } from 'commander'
import type { WorkerConfiguration } from '../../config/worker-service.js'
import { nameOf } from '../../runbook/charter/service.js'
import type { App } from '../terminal/app.js'
import type { Output } from '../terminal/output.js'

/** `--charter`, of every command that runs a worker. */
export function charterOption(): Option {
  return new Option(
    '--charter <file>',
    'serve what this file says instead of the project; may be repeated, or a folder of them',
  ).argParser((file: string, before: string[] | undefined) => [...(before ?? []), file])
}

export function workerCommand(app: App, summary: string): Command {
  return app
    .command('worker', summary, [
      'worker',
      'worker --task-queue d1-runbook-production',
      'worker --charter production.charter.json',
    ])
    .option('--task-queue <name>', 'task queue to poll (default: of runbook.config, else d1-runbook)')
    .addOption(charterOption())
    .action(
      app.action<{ taskQueue?: string; charter?: string[] }>(async ({ options, output }) => {
        const { runWorker } = await import('../../worker.js')
        const { workerConfiguration } = await import('../../config/worker-service.js')
        const { project: projectDir, charter: files } = options
        const configured = await workerConfiguration({ projectDir, files })
        await runWorker({
          projectDir,
          taskQueue: options.taskQueue ?? configured.taskQueue,
          service: configured.service,
          onReady: ({ address, namespace, taskQueue }) => {
            sayServed(output, configured)
            output.note(`Worker polls ${taskQueue} at ${address} (${namespace}). Ctrl-C drains and stops it.`)
          },
        })
        output.document({ success: true })
        return 0
      }),
    )
}

/** What runs on it are held to, and which environments of the project are not served. */
export function sayServed(output: Output, { service, unserved }: WorkerConfiguration): void {
  for (const { environment } of service.values()) output.note(`Serves         ${nameOf(environment)}`)
  for (const { environment, error } of unserved)
    output.note(`Not served     ${environment}: ${error.message}`)
}
