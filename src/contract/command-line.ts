import { VERBS, type NextCommand, type Words } from './next-command.js'
import { shellWord, type Shell } from './shell.js'

/** The line that a person types or pastes. */
export function commandLine(next: NextCommand, shell: Shell = 'posix'): string {
  return commandWords(next, shell).join(' ')
}

/** Its words, quoted: between two of them a line may be broken. */
export function commandWords(next: NextCommand, shell: Shell = 'posix'): string[] {
  const { command, args, environment, project, database, run } = next
  const runAsWord = VERBS[command] === 'run as word'
  const parts = [
    ...(runAsWord && run !== undefined ? [run] : []),
    ...args,
    ...option('--id', runAsWord ? undefined : run),
    ...option('--env', environment),
    ...option('--database', database),
    ...option('--project', project),
  ]
  return [`d1-runbook ${command}`, ...parts.map((part) => shellWord(part, shell))]
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value]
}

/** As one string: a terminal, a log, the one string of JSON. `write` makes a line of a command. */
export function plain(
  text: Words,
  write: (next: NextCommand) => string = (next) => commandLine(next),
): string {
  if (typeof text === 'string') return text
  return text.map((piece) => (typeof piece === 'string' ? piece : write(piece))).join('')
}
