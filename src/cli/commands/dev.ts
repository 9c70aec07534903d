import type { Command } from 'commander'
import { existsSync } from 'node:fs'
import type { Project } from '../../config/project.js'
import { RunbookError } from '../../contract/failures.js'
import type { App } from '../terminal/app.js'
import { DEFAULT_ENVIRONMENT } from '../../contract/names.js'
import { at, command, words, type NextCommand } from '../../contract/next-command.js'
import { placeAmong } from '../jobs/likely-place.js'
import { sampleCloud } from './demo-stage.js'
import { charterOption, sayServed } from './worker.js'

/** The embedded default: server, UI and worker of one project, until Ctrl-C. */
export function devCommand(app: App, summary: string): Command {
  return app
    .command('dev', summary, ['dev', 'dev --project src/workers', 'dev --charter charters/'], 'all')
    .addOption(charterOption())
    .action(
      app.action<{ charter?: string[] }>(async ({ options, output, given }) => {
        const { loadProject } = await import('../../config/project.js')
        const { demandServes, workerConfiguration } = await import('../../config/worker-service.js')
        const { readObserveSettings } = await import('../../observe/settings.js')
        const observe = readObserveSettings(undefined, process.env)
        const project = await loadProject({ projectDir: options.project })
        const configured = await workerConfiguration({ projectDir: options.project, files: options.charter })
        if (given('env')) demandServes(configured, options.env)
        const { taskQueue, service } = configured
        const { startEmbeddedServer } = await import('../../temporal/embedded-server.js')
        const server = await startEmbeddedServer({ projectDir: options.project, onMessage: output.note })
        let tail: string | undefined
        const died = server.died.then((words) => {
          tail = words
        })
        try {
          const { quietLogger } = await import('./worker-log.js')
          const { runWorker } = await import('../../worker.js')
          const { runUnderWay, unfinishedRuns } = await import('./unfinished-runs.js')
          const unfinished = await unfinishedRuns(project)
          const next = await nextCommand(project, runUnderWay)
          await runWorker({
            projectDir: options.project,
            taskQueue,
            service,
            observe: { ...observe, logger: quietLogger() },
            until: died,
            onReady: ({ observed }) => {
              output.note(`Temporal UI    ${server.uiUrl}`)
              output.note(`Temporal       ${server.address}, namespace ${server.namespace}`)
              sayServed(output.note, configured)
              output.note(`Worker         polls ${taskQueue}`)
              if (observed !== undefined) output.note(`Metrics        ${observed}/metrics`)
              for (const line of unfinished) output.note(line)
              output.note(words`Next, in another terminal: ${next}     (Ctrl-C here stops everything)`)
            },
          })
        } finally {
          await server.stop()
        }
        if (tail !== undefined) throw serverDied(tail)
        output.note(words`Stopped. Histories are kept for the next ${command('dev')}.`)
        output.document({ success: true })
        return 0
      }),
    )
}

/** Behind a remote demo nothing can be started: the Cloudflare API of its sample is gone. Beside a run under way neither. */
export async function nextCommand(
  project: Pick<Project, 'projectDir' | 'environments'>,
  underWay: (project: Pick<Project, 'projectDir'>, environment: string) => Promise<string | undefined>,
): Promise<NextCommand> {
  const { projectDir } = project
  if (existsSync(sampleCloud(projectDir))) return at({ project: projectDir }, command('list'))
  const place = placeAmong([...project.environments.keys()])
  const run = await underWay(project, place.environment ?? DEFAULT_ENVIRONMENT)
  return run === undefined ? at(place, command('start', '--wait')) : at({ run }, command('watch'))
}

function serverDied(tail: string): RunbookError {
  return new RunbookError('TemporalUnreachable', `The embedded Temporal server ended by itself: ${tail}`, {
    advice: words`Read .d1-runbook/temporal.log, then run ${command('dev')} again: open runs go on where they were.`,
  })
}
