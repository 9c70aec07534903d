import { Command } from 'commander'
import { RunbookError } from '../../contract/failures.js'
import { slackManifest } from '../../runbook/slack-manifest.js'
import type { App } from '../terminal/app.js'
import { examplesHelp, helpParagraph } from '../terminal/help-text.js'
import { decidingChannels } from './slack-desks.js'

/** The Slack app, as one that its workspace can make it from. */
export function slackCommand(app: App, summary: string): Command {
  return new Command('slack')
    .summary(summary)
    .description(summary)
    .addHelpText('after', examplesHelp(['slack manifest > slack-app.json']))
    .addCommand(manifestCommand(app))
}

function manifestCommand(app: App): Command {
  return app
    .command('manifest', 'print the manifest of the Slack app: Slack, Your Apps, From a manifest', [
      'slack manifest > slack-app.json',
      'slack manifest --origin https://runbook.example.com > slack-app.json',
    ])
    .option('--origin <url>', 'address of the console (default: `decisions.console` of the configuration)')
    .addHelpText(
      'after',
      helpParagraph(
        'The app may write into channels that it is invited to, and reads nothing. With a console, Slack sends it what is pressed below a message: docs/slack.md has each step.',
      ),
    )
    .action(
      app.action<{ origin?: string }>(async ({ options, output }) => {
        const { loadProject } = await import('../../config/project.js')
        const { originOf } = await import('../../console/serve.js')
        const consoles = decidingChannels(await loadProject({ projectDir: options.project })).map(
          ({ decisions }) => decisions.console,
        )
        const [configured, ...others] = new Set(consoles)
        if (options.origin === undefined && others.length > 0)
          throw new RunbookError(
            'ConfigInvalid',
            `The channels lead to different consoles: ${[configured, ...others].join(', ')}.`,
            { advice: 'A Slack app has one of them: say which with --origin.' },
          )
        const origin = options.origin ?? configured
        if (origin !== undefined) originOf({ port: 1, host: 'localhost', origin, tls: undefined })
        const manifest = slackManifest(origin)
        output.document({ success: true, manifest })
        if (!output.json) output.raw(`${JSON.stringify(manifest, null, 2)}\n`)
        if (origin === undefined)
          output.note('Without a console its messages have no buttons: say which with --origin.')
        return 0
      }),
    )
}
