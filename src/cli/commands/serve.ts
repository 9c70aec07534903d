import type { Command } from 'commander'
import { once } from 'node:events'
import { didYouMean } from '../../config/closest.js'
import type { Project } from '../../config/project.js'
import { defined } from '../../contract/defined.js'
import type { Session } from '../../client/session.js'
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
        'serve --origin https://runbook.example.com --github OWNER/NAME   # runs as deployments there',
      ],
      'all',
    ),
  )
    .option(
      '--github <owner/name>',
      'show runs as deployments of this repository, and let deployments wait for them (docs/github.md)',
    )
    .addHelpText(
      'after',
      helpParagraph(
        'People sign in with a passkey that stands in their publicKeys (see enroll), or by the header of a proxy (console.signIn), read the runs that console.readers lets them, all by default, and decide what their roles allow. Decisions are signed by the passkey, not by this server. It reads the configuration when it starts.',
      ),
    )
    .action(
      app.action<ConsoleFlags & { github?: string }>(async ({ options, output, given }) => {
        const { loadProject } = await import('../../config/project.js')
        const { withSession } = await import('../../client/session.js')
        const { originOf, serveConsole } = await import('../../console/serve.js')
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
          const place = placeOfConsole(options)
          const github = await githubOf(options, {
            ...{ project, session, origin: originOf(place) },
            note: output.note,
          })
          const server = await serveConsole({
            ...{ ...place, webhooks: github?.webhooks },
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
          if (github !== undefined) output.note(github.said(server.origin))
          output.note('Ctrl-C stops it.')
          const over = new AbortController()
          const keptUp = github?.keepUp(over.signal)
          await stopped
          over.abort()
          await server.close()
          await keptUp
        })
        output.document({ success: true })
        return 0
      }),
    )
}

/** Undefined where `--github` is not given. */
async function githubOf(
  { github, database }: { github?: string; database?: string },
  given: { project: Project; session: Session; origin: string; note: (text: string) => void },
) {
  if (github === undefined) return undefined
  const { openGitHub } = await import('./github-account.js')
  const { serveGitHub, WEBHOOK_PATH } = await import('./serve-github.js')
  const opened = await serveGitHub({
    ...{ ...given, database, env: process.env },
    github: await openGitHub(github, process.env),
  })
  const said = (origin: string): string =>
    opened.webhooks.length === 0
      ? `GitHub   runs are shown as deployments of ${github}; without D1_RUNBOOK_GITHUB_WEBHOOK_SECRET no deployment waits for them.`
      : `GitHub   runs are shown as deployments of ${github}; its webhook is ${origin}${WEBHOOK_PATH}`
  return { ...opened, said }
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
