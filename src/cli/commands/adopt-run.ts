import path from 'node:path'
import type { Command } from 'commander'
import { openContext } from '../../config/context.js'
import { defined } from '../../contract/defined.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { withRunOptions, type RunOptions } from './run-options.js'

interface AdoptRunOptions extends RunOptions {
  archive?: string
}

/** After the loss of Temporal's database in the middle of a migration. */
export function adoptRunCommand(app: App, summary: string): Command {
  const adoptRun = app
    .command('adopt-run', summary, [
      'adopt-run --env production --wait',
      'adopt-run --env production --archive backup-production-2026-03-08-220314.zip',
    ])
    .option(
      '--archive <name>',
      'the backup of before the migration, on the worker (default: the newest that fits)',
    )
  return withRunOptions(adoptRun)
    .addHelpText(
      'after',
      helpParagraph(
        'Runs no migration. The files that the ledger names since that backup are run once more on a copy of it; where they lead to the schema that the database has, validation and monitoring follow. Where they do not, people are asked about the way back. What was measured before the migration is lost: monitoring compares with what it measures first.',
      ),
    )
    .action(
      app.action<AdoptRunOptions>(async ({ options, output }) => {
        const context = await openContext(options)
        const { startFromCommand } = await import('./start-run.js')
        const archive = options.archive === undefined ? undefined : path.basename(options.archive)
        return startFromCommand(
          context,
          { options, output },
          {
            asked: { lostRun: defined({ archive }) },
            notes: () => [
              'The database is read and compared with its backup first; people are asked before the run goes on.',
            ],
          },
        )
      }),
    )
}
