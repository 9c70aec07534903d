import type { Command } from 'commander'
import { once } from 'node:events'
import { command, words } from '../../contract/next-command.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { consoleOptions, placeOfConsole, type ConsoleFlags } from './console-options.js'

export function serveCommand(app: App, summary: string): Command {
  return consoleOptions(
    app.command('serve', summary, [
      'serve                                             # http://localhost:7433, this machine alone',
      'serve --origin https://runbook.example.com        # behind a proxy with TLS',
      'serve --host 0.0.0.0 --tls-cert c.pem --tls-key k.pem --origin https://runbook.example.com:7433',
    ]),
  )
    .addHelpText(
      'after',
      helpParagraph(
        'People sign in with a passkey that stands in their publicKeys (see enroll), read all runs of the namespace, and decide what their roles allow. Decisions are signed by the passkey, not by this server. It reads the configuration when it starts.',
      ),
    )
    .action(
      app.action<ConsoleFlags>(async ({ options, output, given }) => {
        const { loadProject } = await import('../../config/project.js')
        const { withSession } = await import('../../client/session.js')
        const { serveConsole } = await import('../../console/serve.js')
        const { Invitations } = await import('../../console/invitations.js')
        const { passkeysOf } = await import('../../console/people.js')
        const { runsOf } = await import('../../console/runs.js')
        const { findEnvironment } = await import('../../config/target.js')
        const project = await loadProject({ projectDir: options.project })
        if (given('env')) findEnvironment(project, options.env)
        const { config } = project
        const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
        await withSession(options.project, async (session) => {
          const server = await serveConsole({
            ...placeOfConsole(options),
            ...{ people: config.people, timeZone: config.timeZone },
            invitations: new Invitations(options.project),
            runs: runsOf(session, options.project),
          })
          output.note(`Console  ${server.origin}`)
          if (passkeysOf(config.people, { origin: server.origin }).length === 0)
            output.note(
              words`Nobody can sign in yet: publicKeys has no passkey of ${server.origin}. For one: ${command('enroll', 'PERSON')}`,
            )
          output.note('Ctrl-C stops it.')
          await stopped
          await server.close()
        })
        output.document({ success: true })
        return 0
      }),
    )
}
