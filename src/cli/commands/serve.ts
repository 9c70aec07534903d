import type { Command } from 'commander'
import { once } from 'node:events'
import { didYouMean } from '../../config/closest.js'
import type { Project } from '../../config/project.js'
import { defined } from '../../contract/defined.js'
import { command, words } from '../../contract/next-command.js'
import { holdsRole } from '../../runbook/people/people.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { decidingChannels, slackDesks } from './slack-desks.js'
import { consoleOptions, placeOfConsole, type ConsoleFlags } from './console-options.js'

export function serveCommand(app: App, summary: string): Command {
  return consoleOptions(
    app.command(
      'serve',
      summary,
      [
        'serve                                             # http://localhost:7433, this machine alone',
        'serve --origin https://runbook.example.com        # behind a proxy with TLS',
        'serve --host 0.0.0.0 --tls-cert c.pem --tls-key k.pem --origin https://runbook.example.com:7433',
      ],
      'all',
    ),
  )
    .addHelpText(
      'after',
      helpParagraph(
        'People sign in with a passkey that stands in their publicKeys (see enroll), or by the header of a proxy (console.signIn), read the runs that console.readers lets them, all by default, and decide what their roles allow. Decisions are signed by the passkey, not by this server. It reads the configuration when it starts.',
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
        const { consoleDatabases } = await import('./console-databases.js')
        const { findEnvironment } = await import('../../config/target.js')
        const project = await loadProject({ projectDir: options.project })
        if (given('env')) findEnvironment(project, options.env)
        const { config } = project
        const { desks, missing } = slackDesks(project, process.env)
        const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
        await withSession(options.project, async (session) => {
          const server = await serveConsole({
            ...placeOfConsole(options),
            ...{ people: config.people, timeZone: config.timeZone },
            ...defined({ readers: config.console.readers, signIn: config.console.signIn }),
            invitations: new Invitations(options.project),
            runs: runsOf(session, options.project),
            databases: consoleDatabases(project),
            slack: desks,
          })
          output.note(`Console  ${server.origin}`)
          for (const line of readersNotes(project)) output.note(line)
          const { signIn } = config.console
          if (signIn !== undefined)
            output.note(
              `Signs in, too: whom a token of ${signIn.issuer} in the header ${signIn.header} names. Its keys are fetched from ${signIn.keys}.`,
            )
          else if (passkeysOf(config.people, { origin: server.origin }).length === 0)
            output.note(
              words`Nobody can sign in yet: publicKeys has no passkey of ${server.origin}. For one: ${command('enroll', 'PERSON')}`,
            )
          for (const name of missing)
            output.note(`Buttons and links of Slack are refused: ${name} is not set here.`)
          const elsewhere = decidingChannels(project).find(
            ({ decisions }) => decisions.console !== server.origin,
          )
          if (elsewhere !== undefined)
            output.note(
              `Messages in Slack lead to ${elsewhere.decisions.console} (channel ${elsewhere.name}), not to this console.`,
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

/** What of `console.readers` is nobody's, or no environment of this project: a word typed wrong shows runs to nobody. */
function readersNotes({ config, environments }: Project): string[] {
  const { readers = {} } = config.console
  const isHeld = (roles: string[]): boolean =>
    config.people.some(({ name }) => holdsRole(name, roles, config.people))
  return Object.entries(readers).flatMap(([environment, roles]) => [
    ...(environment === '*' || environments.has(environment)
      ? []
      : [
          `console.readers names ${environment}, which is no environment of this project.${didYouMean(environment, [...environments.keys()])}`,
        ]),
    ...(roles.length === 0 || isHeld(roles)
      ? []
      : [
          `Nobody in people holds ${roles.join(' or ')}: what console.readers has of ${environment} shows its runs to nobody.`,
        ]),
  ])
}
