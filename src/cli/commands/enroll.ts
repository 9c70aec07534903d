import type { Command } from 'commander'
import { RunbookError } from '../../contract/failures.js'
import { samePerson } from '../../runbook/people/people.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { consoleOptions, placeOfConsole, type ConsoleFlags } from './console-options.js'

export function enrollCommand(app: App, summary: string): Command {
  return consoleOptions(
    app.command('enroll <person>', summary, [
      'enroll "Ada Lovelace"',
      'enroll "Ada Lovelace" --origin https://runbook.example.com   # where serve is reached',
      'enroll "Ada Lovelace" --json',
    ]),
  )
    .addHelpText(
      'after',
      helpParagraph(
        'Prints a link, and a QR code of it, that is good once and for fifteen minutes: whoever opens it makes a passkey there. It ends with a line for their publicKeys in runbook.config, to be merged by a pull request; nothing is written to the configuration. Where a console of this project listens on the port already, that one takes the link.',
      ),
    )
    .action(
      app.action<ConsoleFlags>(async ({ options, args: [person = ''], output }) => {
        const { loadProject } = await import('../../config/project.js')
        const { originOf, serveConsole } = await import('../../console/serve.js')
        const { Invitations } = await import('../../console/invitations.js')
        if (person.trim() === '')
          throw new RunbookError('ConfigInvalid', 'A passkey is made for a person, and no name was given.', {
            advice: 'Name them as people of the configuration does: enroll "Ada Lovelace"',
          })
        const { config } = await loadProject({ projectDir: options.project })
        const place = placeOfConsole(options)
        const origin = originOf(place)
        const invitations = new Invitations(options.project)
        // Nobody has been told it yet: where serving fails, it is good for nobody.
        const { token, expiresAt } = await invitations.invite(person)
        const serving = await serveConsole({
          ...place,
          ...{ people: config.people, timeZone: config.timeZone, invitations },
        }).catch(async (error: unknown) => {
          if (!isTaken(error)) throw error
          const { isConsoleOf } = await import('../../console/neighbour.js')
          // Nobody else may see the link: whoever has it makes the passkey.
          if (await isConsoleOf(invitations, { ...place, origin })) return undefined
          await invitations.end(token)
          throw new RunbookError(
            'ConfigInvalid',
            `Port ${place.port} is taken, and what listens there is no console of this project at ${origin}.`,
            {
              advice:
                'Name another port: --port 7434. Where it is a console of this project, give the --origin that it was started with.',
              cause: error,
            },
          )
        })
        const stop = new AbortController()
        const end = (): void => stop.abort()
        // A second signal, as a terminal and whoever stands between both send, does not cut the ending short.
        process.on('SIGINT', end).on('SIGTERM', end)
        try {
          const url = `${origin}/enroll/${token}`
          if (!config.people.some(({ name }) => samePerson(name, person)))
            output.note(`There is no ${person} in people of the configuration yet.`)
          if (serving === undefined)
            output.note(`The console of this project that runs on port ${place.port} takes the link.`)
          output.note(`Open once, within fifteen minutes: ${url}`)
          if (!output.json) {
            const { renderUnicodeCompact } = await import('uqr')
            for (const row of renderUnicodeCompact(url).split('\n')) output.note(row)
          }
          const publicKey = await invitations.line(token, { expiresAt, signal: stop.signal })
          await invitations.end(token)
          if (publicKey === undefined) {
            output.document({ success: false, person })
            output.note('No passkey was made, and the link is good no more.')
            return 3
          }
          output.document({ success: true, person, publicKey })
          if (!output.json) {
            output.line(`Add this line to publicKeys of ${person} in runbook.config, by a pull request:`)
            output.verbatim(publicKey)
          }
          return 0
        } finally {
          await invitations.end(token)
          process.off('SIGINT', end).off('SIGTERM', end)
          await serving?.close()
        }
      }),
    )
}

function isTaken(error: unknown): boolean {
  const cause: unknown = error instanceof RunbookError ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
}
