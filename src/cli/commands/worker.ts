import { Command, Option } from 'commander'
import type { WorkerConfiguration } from '../../config/worker-service.js'
import { foldersOutside } from '../../config/folders.js'
import { nameOf } from '../../runbook/charter/service.js'
import type { App } from '../terminal/app.js'
import { examplesHelp } from '../terminal/help-text.js'
import { promoteCommand, versionsCommand } from './worker-versions.js'

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
  unversioned?: true
}

export function workerCommand(app: App, summary: string): Command {
  return new Command('worker')
    .summary(summary)
    .description('Runs a worker when no subcommand is given; takes the options of `worker run` then.')
    .addHelpText(
      'after',
      examplesHelp(['worker', 'worker --unversioned', 'worker versions', 'worker promote']),
    )
    .addCommand(runCommand(app), { isDefault: true })
    .addCommand(versionsCommand(app))
    .addCommand(promoteCommand(app))
}

function runCommand(app: App): Command {
  return app
    .command(
      'run',
      'run a worker until it is stopped (default)',
      [
        'worker',
        'worker --task-queue d1-runbook-production',
        'worker --charter production.charter.json',
        'worker --metrics-port 9464   # curl http://127.0.0.1:9464/readyz',
        'worker --versioned           # beside the embedded server of `dev`, too',
      ],
      'all',
    )
    .option('--task-queue <name>', 'task queue to poll (default: of runbook.config, else d1-runbook)')
    .addOption(charterOption())
    .option(
      '--versioned',
      'keep runs on the build that they began with; new ones go to the build that is promoted (default where TEMPORAL_ADDRESS or a profile names the server)',
    )
    .option('--unversioned', 'take whatever run is there, as workers of no version do')
    .option('--metrics-port <[host:]port>', 'serve /healthz, /readyz, /metrics (default: D1_RUNBOOK_METRICS)')
    .action(
      app.action<WorkerFlags>(async ({ options, output, given }) => {
        const { runWorker } = await import('../../worker.js')
        const { demandServes, workerConfiguration } = await import('../../config/worker-service.js')
        const { readObserveSettings } = await import('../../observe/settings.js')
        const { sayOnLog } = await import('../../observe/runtime.js')
        const { project: projectDir, charter: files } = options
        const observe = readObserveSettings(options.metricsPort, process.env)
        const say = observe.json ? (line: string) => sayOnLog(line, observe) : output.note
        const { deploymentFor } = await import('../../temporal/deployment.js')
        const { versionLines } = await import('../../temporal/version-lines.js')
        const versioned = options.unversioned === true ? false : options.versioned
        const deployment =
          versioned === false ? undefined : deploymentFor({ projectDir, env: process.env, versioned })
        const configured = await workerConfiguration({ projectDir, files })
        if (given('env')) demandServes(configured, options.env)
        await runWorker({
          projectDir,
          taskQueue: options.taskQueue ?? configured.taskQueue,
          service: configured.service,
          observe,
          deployment,
          onReady: ({ address, namespace, taskQueue, observed, versions, disks }) => {
            sayServed(say, configured)
            say(`Worker polls ${taskQueue} at ${address} (${namespace}). Ctrl-C drains and stops it.`)
            for (const [folder, disk] of disks) say(`Archives       ${folder} (disk ${disk})`)
            for (const line of deployment === undefined ? [] : versionLines(deployment.buildId, versions))
              say(line)
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
