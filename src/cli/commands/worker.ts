import type { Command } from 'commander'
import { RunbookError } from '../../contract/failures.js'
import { TASK_QUEUE } from '../../contract/names.js'
import type { App } from '../terminal/app.js'

export function workerCommand(app: App, summary: string): Command {
  return app
    .command('worker', summary, ['worker', 'worker --task-queue d1-runbook-production'])
    .option('--task-queue <name>', 'task queue to poll (default: of runbook.config, else d1-runbook)')
    .action(
      app.action<{ taskQueue?: string }>(async ({ options, output }) => {
        const { runWorker } = await import('../../worker.js')
        const configured = await configuredWorker(options.project)
        await runWorker({
          projectDir: options.project,
          taskQueue: options.taskQueue ?? configured.taskQueue,
          variables: configured.variables,
          onReady: ({ address, namespace, taskQueue }) =>
            output.note(
              `Worker polls ${taskQueue} at ${address} (${namespace}). Ctrl-C drains and stops it.`,
            ),
        })
        output.document({ success: true })
        return 0
      }),
    )
}

/** A worker of remote databases needs no checkout: without one the defaults hold. */
async function configuredWorker(projectDir: string): Promise<{ taskQueue: string; variables: string[] }> {
  const { loadProject } = await import('../../config/project.js')
  try {
    const { taskQueue, config } = await loadProject({ projectDir })
    return { taskQueue, variables: config.variables }
  } catch (error) {
    if (error instanceof RunbookError && error.type === 'ProjectNotFound')
      return { taskQueue: TASK_QUEUE, variables: [] }
    throw error
  }
}
