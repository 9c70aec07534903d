import { Option, type Command } from 'commander'
import { rollbackStrategySchema } from '../../contract/policy.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { decisionOptions, sendDecision, type DecideOptions } from './decide.js'

interface RollbackOptions extends DecideOptions {
  strategy: string
}

/** The decision at the gate `rollback`: which way back, or none. */
export function rollbackCommand(app: App, summary: string): Command {
  const command = app.command('rollback', summary, [
    'show --env production                                  # the ways back and what each one costs',
    'rollback --strategy reverse-migration --env production',
    'rollback --strategy none --comment "a false alarm"     # stay as it is',
  ])
  return decisionOptions(command)
    .addHelpText(
      'after',
      helpParagraph('A way back begins at once. What it costs is said first, and in a terminal asked about.'),
    )
    .addOption(
      new Option('--strategy <way>', 'the way back')
        .choices(rollbackStrategySchema.options)
        .makeOptionMandatory(true),
    )
    .action(
      app.action<RollbackOptions>(({ options, output }) => {
        const strategy = rollbackStrategySchema.parse(options.strategy)
        return sendDecision({
          options,
          output,
          decision: { gate: 'rollback', decision: 'approve', strategy },
        })
      }),
    )
}
