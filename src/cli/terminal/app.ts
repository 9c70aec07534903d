import { Command, Option } from 'commander'
import path from 'node:path'
import { defined } from '../../contract/defined.js'
import { VERBS, type CommandPlace, type Verb } from '../../contract/next-command.js'
import { DEFAULT_ENVIRONMENT } from '../../contract/names.js'
import { examplesHelp } from './help-text.js'
import { createOutput, type Output } from './output.js'

/** What every command takes. */
export interface CommonOptions {
  env: string
  project: string
  json: boolean
  database?: string
}

/** A command's work: the options as typed, the words of the command line, and where to write. Returns the exit code. */
export type Action<Options> = (input: {
  options: CommonOptions & Options
  args: string[]
  output: Output
  /** Whether the person typed the option, or its default holds. */
  given: (option: string) => boolean
}) => Promise<number>

/** Collects the exit code of whichever command ran. */
export class App {
  exitCode = 0
  /** How the person said which project, environment and run they mean: the next command needs it again. */
  typed: CommandPlace = {}

  /**
   * A command with the common options; `examples` end its help. `environments`: how many it is for where none is typed; `none`: it makes no
   * difference to it, and the help does not look as if it did.
   */
  command(
    signature: string,
    summary: string,
    examples: string[],
    environments: 'one' | 'all' | 'none' = 'one',
  ): Command {
    const [name = '', ...args] = signature.split(' ')
    const command = new Command(name).summary(summary).description(summary)
    for (const arg of args) command.argument(arg)
    withCommonOptions(command)
    const environment = command.options.find(({ long }) => long === '--env')
    if (environments === 'all') environment?.default(DEFAULT_ENVIRONMENT, 'all')
    if (environments === 'none') environment?.hideHelp()
    return command.allowExcessArguments(false).addHelpText('after', examplesHelp(examples))
  }

  /** Wraps `work` for commander; services are imported inside of it, so that help and usage errors stay fast. */
  action<Options>(work: Action<Options>): (this: Command, ...words: unknown[]) => Promise<void> {
    // oxlint-disable-next-line typescript/no-this-alias -- commander hands the command over as `this`
    const app = this
    return async function (this: Command) {
      const options: Options & Omit<CommonOptions, 'json'> & { json?: true } = this.opts()
      const args = this.processedArgs.filter((arg): arg is string => typeof arg === 'string')
      app.typed = typedIn(this, args)
      const output = createOutput({ json: options.json === true, typed: app.typed })
      app.exitCode = await work({
        options: { ...options, json: options.json === true, project: path.resolve(options.project) },
        args,
        output,
        given: (option) => this.getOptionValueSource(option) === 'cli',
      })
    }
  }
}

/** What was left out is left out of what we print, too. */
function typedIn(command: Command, args: string[]): CommandPlace {
  const typed = (option: string): string | undefined => {
    const value: unknown =
      command.getOptionValueSource(option) === 'cli' ? command.getOptionValue(option) : undefined
    return typeof value === 'string' ? value : undefined
  }
  const runAsWord = Object.hasOwn(VERBS, command.name()) && VERBS[command.name() as Verb] === 'run as word'
  return defined({
    environment: typed('env'),
    project: typed('project'),
    database: typed('database'),
    run: typed('id') ?? (runAsWord ? args[0] : undefined),
  })
}

export function withCommonOptions(command: Command): Command {
  return command
    .option('-e, --env <name>', 'environment', DEFAULT_ENVIRONMENT)
    .option('-p, --project <dir>', 'folder that holds the Wrangler file', '.')
    .option('--json', 'print one JSON document on stdout, everything else on stderr')
    .addOption(new Option('--database <name>', 'which database, where the Wrangler file has several'))
}
