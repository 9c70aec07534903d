import path from 'node:path'
import type { Command } from 'commander'
import { openContext } from '../../config/context.js'
import { defined } from '../../contract/defined.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { positiveNumber } from '../terminal/positive-number.js'
import { SIGN_KEY_HELP } from '../terminal/sign-key.js'
import type { ThroughGatesOptions } from './start-through-gates.js'

interface AdoptRunOptions extends ThroughGatesOptions {
  archive?: string
}

/** After the loss of Temporal's database in the middle of a migration. */
export function adoptRunCommand(app: App, summary: string): Command {
  return app
    .command('adopt-run', summary, [
      'adopt-run --env production --wait',
      'adopt-run --env production --archive backup-production-2026-03-08-220314.zip',
    ])
    .option(
      '--archive <name>',
      'the backup of before the migration, on the worker (default: the newest that fits)',
    )
    .option('--wait', 'stay with the run and its prompts, end with its exit code')
    .option('--yes', "record the requester's approval wherever the policy lets them decide alone")
    .option('--requester <name>', 'who asks for it')
    .option('--sign-key <file>', SIGN_KEY_HELP)
    .option('--time-scale <n>', 'compress the monitoring schedule n times, for rehearsals', positiveNumber)
    .addHelpText(
      'after',
      helpParagraph(
        'Runs no migration. The files that the ledger names since that backup are run once more on a copy of it; where they lead to the schema that the database has, validation and monitoring follow. Where they do not, people are asked about the way back. What was measured before the migration is lost: monitoring compares with what it measures first.',
      ),
    )
    .action(
      app.action<AdoptRunOptions>(async ({ options, output }) => {
        const context = await openContext(options)
        const { startThroughGates } = await import('./start-through-gates.js')
        const archive = options.archive === undefined ? undefined : path.basename(options.archive)
        return startThroughGates(
          context,
          { options, output },
          {
            asked: { lostRun: defined({ archive }) },
            promise:
              'The database is read and compared with its backup first; people are asked before the run goes on.',
          },
        )
      }),
    )
}
