import type { Command } from 'commander'
import { RunbookError } from '../../contract/failures.js'
import { personSchema } from '../../contract/policy.js'
import { samePerson } from '../../runbook/people/people.js'
import { visible } from '../../text/visible.js'
import type { App } from '../terminal/app.js'
import { helpParagraph } from '../terminal/help-text.js'
import { consoleOptions, placeOfConsole, type ConsoleFlags } from './console-options.js'

export function enrollCommand(app: App, summary: string): Command {
  return consoleOptions(
    app.command(
      'enroll <person>',
      summary,
      [
        'enroll "Ada Lovelace"',
        'enroll "Ada Lovelace" --origin https://runbook.example.com   # where serve is reached',
        'enroll "Ada Lovelace" --json',
      ],
      'none',
    ),
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
        demandName(person)
        const { config } = await loadProject({ projectDir: options.project })
        const isKnown = config.people.some(({ name }) => samePerson(name, person))
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
          if (!isKnown) {
            const { didYouMean } = await import('../../config/closest.js')
            const names = config.people.map(({ name }) => name)
            output.note(
              `There is no ${person} in people of the configuration yet.${didYouMean(person, names)}`,
            )
          }
          if (serving === undefined)
            output.note(`The console of this project that runs on port ${place.port} takes the link.`)
          output.note(`Open once, within fifteen minutes: ${url}`)
          if (!output.json) {
            const { renderUnicodeCompact } = await import('uqr')
            for (const row of renderUnicodeCompact(url).split('\n')) output.note(row)
          }
          const made = await invitations.made(token, { expiresAt, signal: stop.signal })
          await invitations.end(token)
          if (made === undefined) {
            output.document({ success: false, person })
            output.note('No passkey was made, and the link is good no more.')
            return 3
          }
          const { publicKey, authenticator } = made
          output.document({ success: true, person, publicKey, authenticator })
          if (output.json) return 0
          const { authenticatorText, peopleEntry } = await import('../../runbook/people/new-passkey.js')
          if (isKnown) {
            output.line(`Add this line to publicKeys of ${person} in runbook.config, by a pull request:`)
            output.verbatim(publicKey)
          } else {
            output.line('Add this entry to people in runbook.config, with its roles, by a pull request:')
            for (const row of peopleEntry(person, publicKey).split('\n')) output.verbatim(row)
          }
          output.line(authenticatorText(authenticator))
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

/** Of one that the configuration would refuse nobody could make use. */
function demandName(person: string): void {
  const { success, error } = personSchema.shape.name.safeParse(person)
  if (success && visible(person) === person) return
  throw new RunbookError(
    'ConfigInvalid',
    `${JSON.stringify(visible(person))} is no name that people of the configuration may have.`,
    {
      advice: `It must be ${error?.issues[0]?.message ?? 'one line of characters that show'}.`,
    },
  )
}
