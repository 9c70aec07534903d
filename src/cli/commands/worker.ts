import { Command, Option } from 'commander'
import type { WorkerConfiguration } from '../../config/worker-service.js'
import { foldersOutside } from '../../config/folders.js'
import { nameOf } from '../../runbook/charter/service.js'
import type { App } from '../terminal/app.js'
import { examplesHelp } from '../terminal/help-text.js'
import { promoteCommand, versionLine, versionsCommand } from './worker-versions.js'

/** `--charter`, of every command that runs a worker. */
export function charterOption(): Option {
  return new Option(
    '--charter <file>',
    'serve what this file says instead of the project; may be repeated, or a folder of them',
  ).argParser((file: string, before: string[] | undefined) => [...(before ?? []), file])
}

interface WorkerFlags {
  taskQueue?: string
  charter?: string[]
  metricsPort?: string
  versioned?: true
}

export function workerCommand(app: App, summary: string): Command {
  return new Command('worker')
    .summary(summary)
    .description('Runs a worker when no subcommand is given; takes the options of `worker run` then.')
    .addHelpText('after', examplesHelp(['worker', 'worker --versioned', 'worker versions', 'worker promote']))
    .addCommand(runCommand(app), { isDefault: true })
    .addCommand(versionsCommand(app))
    .addCommand(promoteCommand(app))
}

function runCommand(app: App): Command {
  return app
    .command('run', 'run a worker until it is stopped (default)', [
      'worker',
      'worker --task-queue d1-runbook-production',
      'worker --charter production.charter.json',
      'worker --metrics-port 9464   # curl http://127.0.0.1:9464/readyz',
      'worker --versioned           # runs end on the build that they began with',
    ])
    .option('--task-queue <name>', 'task queue to poll (default: of runbook.config, else d1-runbook)')
    .addOption(charterOption())
    .option('--versioned', 'keep runs on this build; new ones go to the build that is promoted')
    .option('--metrics-port <[host:]port>', 'serve /healthz, /readyz, /metrics (default: D1_RUNBOOK_METRICS)')
    .action(
      app.action<WorkerFlags>(async ({ options, output }) => {
        const { runWorker } = await import('../../worker.js')
        const { workerConfiguration } = await import('../../config/worker-service.js')
        const { readObserveSettings } = await import('../../observe/settings.js')
        const { sayOnLog } = await import('../../observe/runtime.js')
        const { project: projectDir, charter: files } = options
        const observe = readObserveSettings(options.metricsPort, process.env)
        const say = observe.json ? (line: string) => sayOnLog(line, observe) : output.note
        const { deploymentOf } = await import('../../temporal/deployment.js')
        const deployment = deploymentOf(process.env, options.versioned === true)
        const configured = await workerConfiguration({ projectDir, files })
        await runWorker({
          projectDir,
          taskQueue: options.taskQueue ?? configured.taskQueue,
          service: configured.service,
          observe,
          deployment,
          onReady: ({ address, namespace, taskQueue, observed, current, disks }) => {
            sayServed(say, configured)
            say(`Worker polls ${taskQueue} at ${address} (${namespace}). Ctrl-C drains and stops it.`)
            for (const [folder, disk] of disks) say(`Archives       ${folder} (disk ${disk})`)
            if (deployment !== undefined) say(versionLine(deployment.buildId, current))
            if (observed !== undefined) say(`Health and metrics: ${observed}`)
          },
        })
        output.document({ success: true })
        return 0
      }),
    )
}

/** What runs on it are held to, and which environments of the project are not served. */
export function sayServed(say: (line: string) => void, { service, unserved }: WorkerConfiguration): void {
  for (const { environment } of service.values()) {
    say(`Serves         ${nameOf(environment)}`)
    for (const place of foldersOutside(environment.target)) say(`               ${place}`)
  }
  for (const { environment, error } of unserved) say(`Not served     ${environment}: ${error.message}`)
}
