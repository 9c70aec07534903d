import { visibleLines } from '../text/visible.js'
import { Command, CommanderError } from 'commander'
import { App } from './terminal/app.js'
import { COMMANDS } from './commands/index.js'
import { HELP_COLUMNS, helpParagraph } from './terminal/help-text.js'
import { endOnHangUp } from './terminal/hang-up.js'
import { failureOf, type Failure } from './terminal/failure.js'
import { colorsFor, createOutput, flushOutput, survivePipeClose, terminalRows } from './terminal/output.js'
import { command, mapText, words, type NextCommand, type Words } from '../contract/next-command.js'
import { commandLine } from '../contract/command-line.js'
import { helpAsked, refuseSwallowedOptions, usageFailure } from './usage.js'
import { toolVersion } from '../config/version.js'

/**
 * The command line. Returns the exit code: 0 done, 1 it ran and failed or found something that blocks, 2 wrong usage,
 * config or environment, 3 declined, aborted or expired by people, 4 rolled back.
 */
export async function main(argv: string[]): Promise<number> {
  survivePipeClose()
  const noMore = endOnHangUp()
  const app = new App()
  let program: Command | undefined
  try {
    program = await createProgram(app, argv)
    const asked = helpAsked(program, argv)
    if (asked === undefined) {
      refuseSwallowedOptions(program, argv)
      await program.parseAsync(argv, { from: 'user' })
    } else asked.outputHelp()
    await flushOutput()
    return app.exitCode
  } catch (error) {
    const code =
      error instanceof CommanderError
        ? reportUsage(error, argv, program)
        : reportFailure(failureOf(error), argv, app)
    await flushOutput()
    return code
  } finally {
    noMore()
  }
}

/** The program with the command of `argv` in full, and the others as names for the help and for suggestions. */
export async function createProgram(app: App, argv: string[]): Promise<Command> {
  const program = new Command('d1-runbook')
    .description('Carries a team through the production migration of a Cloudflare D1 database.')
    .version(toolVersion(), '-V, --version')
    .showSuggestionAfterError(true)
    .addHelpCommand(
      new Command('help').argument('[command...]').summary('show the help of a command').helpGroup('Begin:'),
    )
    .addHelpText(
      'after',
      `\n${startHere()}\n${helpParagraph(
        'Exit: 0 done; 1 it ran and failed, found what blocks, or ended its monitoring unhealthy; ' +
          '2 wrong usage, config or environment; 3 declined, aborted or expired; 4 rolled back',
      )}`,
    )
  const words = argv.filter((word) => !word.startsWith('-'))
  const asked = words[0] === 'help' ? words[1] : words[0]
  for (const { name, args, summary, group, load } of COMMANDS) {
    const command = name === asked ? (await load())(app, summary) : new Command(name).summary(summary)
    if (name !== asked && args !== undefined) command.arguments(args)
    program.addCommand(command.helpGroup(`${group}:`))
  }
  throwInsteadOfExit(program)
  return program
}

/** Where somebody begins who does not know us yet. */
function startHere(): string {
  const lines: [NextCommand, string][] = [
    [command('demo'), 'see a whole migration on a sample database'],
    [command('doctor'), 'check this project'],
    [command('plan'), 'what would happen'],
  ]
  return ['Start here:', ...lines.map(([next, what]) => `  $ ${commandLine(next).padEnd(30)}${what}`)].join(
    '\n',
  )
}

/** Commander's settings are inherited only by commands that it creates itself. */
function throwInsteadOfExit(command: Command): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      outputError: () => {
        // Reported once, by `reportUsage`.
      },
      getOutHasColors: () => colorsFor(process.stdout).isColorSupported,
    })
    .configureHelp({ helpWidth: HELP_COLUMNS, styleTitle: (title) => colorsFor(process.stdout).bold(title) })
  for (const child of command.commands) throwInsteadOfExit(child)
}

function reportUsage(given: CommanderError, argv: string[], program: Command | undefined): number {
  if (given.exitCode === 0) return 0
  // The bare command line prints its help, which is its own message.
  if (given.code === 'commander.help') return 2
  return report({ type: 'Usage', exitCode: 2, ...usageFailure(given, argv, program) }, argv)
}

function reportFailure(failure: Failure, argv: string[], app: App): number {
  const debug = process.env['D1_RUNBOOK_DEBUG']
  const code = report(failure, argv, app)
  if (debug !== undefined && debug !== '' && failure.stack !== undefined)
    process.stderr.write(`\n${visibleLines(failure.stack)}\n`)
  return code
}

function report(
  failure: { type: string; message: string; advice: Words; exitCode: number },
  argv: string[],
  { typed }: Pick<App, 'typed'> = { typed: {} },
): number {
  const { type, message, advice, exitCode } = failure
  if (argv.includes('--json')) {
    createOutput({ json: true, typed }).document({ success: false, error: { type, message, advice } })
    return exitCode
  }
  const colors = colorsFor(process.stderr)
  const title = type === 'Bug' ? 'Bug in d1-runbook' : 'Error'
  const said = words`${colors.red(colors.bold(`${title}:`))} ${visibleLines(message)}
${colors.dim('→')} ${mapText(advice, visibleLines)}`
  process.stderr.write(`${terminalRows(said, typed, process.stderr).join('\n')}\n`)
  return exitCode
}
