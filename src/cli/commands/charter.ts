import type { Command } from 'commander'
import { openedCredentials } from '../../contract/variables.js'
import { helpParagraph } from '../terminal/help-text.js'
import type { App } from '../terminal/app.js'

/** What a worker of this project serves, for one that has no checkout: `charter --env production > charter.json`. */
export function charterCommand(app: App, summary: string): Command {
  return app
    .command('charter', summary, [
      'charter --env production > production.charter.json',
      'charter --all > charter.json',
      'worker --charter charter.json',
    ])
    .option('--all', 'every environment of the project that can be served')
    .addHelpText(
      'after',
      helpParagraph(
        'Policy, people, channels and probes as they are configured now, resolved, without secrets: a worker holds every run to its charter, whatever a request says.',
      ),
    )
    .action(
      app.action<{ all?: boolean }>(async ({ options, output }) => {
        const { loadProject } = await import('../../config/project.js')
        const { charterOf } = await import('../../config/charter.js')
        const project = await loadProject({ projectDir: options.project })
        const names = options.all === true ? [...project.environments.keys()] : [options.env]
        const { charter, unserved } = charterOf(project, names)
        const [missing] = unserved
        if (missing !== undefined && charter.environments.length === 0) throw missing.error
        for (const { environment, error } of unserved) output.note(`Without ${environment}: ${error.message}`)
        const { foldersOutside } = await import('../../config/folders.js')
        for (const { target } of charter.environments)
          for (const line of foldersOutside(target)) output.note(`${target.environment}: ${line}`)
        const opened = openedCredentials(
          charter.variables,
          charter.environments.map(({ target }) => target.storage),
        )
        if (opened !== undefined) output.note(`${opened.message}. ${opened.advice}`)
        // It is a file for a machine with and without --json.
        if (output.json) output.document(charter)
        else output.line(JSON.stringify(charter, null, 2))
        return 0
      }),
    )
}
