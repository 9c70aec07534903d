import { Command, Option } from 'commander'
import path from 'node:path'
import { createOutput, type Output } from './output.js'
import { pasteable, type Typed } from './pasteable.js'

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
  private readonly typed: Typed

  constructor(typed: Typed = {}) {
    this.typed = typed
  }

  /** A command with the common options; `examples` end its help. */
  command(signature: string, summary: string, examples: string[]): Command {
    const [name = '', ...args] = signature.split(' ')
    const command = new Command(name).summary(summary).description(summary)
    for (const arg of args) command.argument(arg)
    return addCommonOptions(command)
      .allowExcessArguments(false)
      .addHelpText(
        'after',
        `\nExamples:\n${examples.map((example) => `  $ d1-runbook ${example}`).join('\n')}`,
      )
  }

  /** Wraps `work` for commander; services are imported inside of it, so that help and usage errors stay fast. */
  action<Options>(work: Action<Options>): (this: Command, ...words: unknown[]) => Promise<void> {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- commander hands the command over as `this`
    const app = this
    return async function (this: Command) {
      const options: CommonOptions & Options = this.opts()
      const output = createOutput({ json: options.json, finish: (text) => pasteable(text, app.typed) })
      const args = this.processedArgs.filter((arg): arg is string => typeof arg === 'string')
      app.exitCode = await work({
        options: { ...options, project: path.resolve(options.project) },
        args,
        output,
        given: (option) => this.getOptionValueSource(option) === 'cli',
      })
    }
  }
}

function addCommonOptions(command: Command): Command {
  return command
    .option('-e, --env <name>', 'environment', 'local')
    .option('-p, --project <dir>', 'folder that holds the Wrangler file', '.')
    .option('--json', 'print one JSON document on stdout, everything else on stderr', false)
    .addOption(new Option('--database <name>', 'which database, where the Wrangler file has several'))
}
