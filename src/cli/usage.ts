import { CommanderError, type Command, type Option } from 'commander'
import { didYouMean } from '../config/closest.js'
import { command, VERBS, words, type Verb, type Words } from '../contract/next-command.js'
import { withCommonOptions } from './terminal/app.js'

export interface UsageFailure {
  message: string
  advice: Words
}

/** Whose help `help backup restore` asks for; undefined where nobody asks so. Throws where there is no such command. */
export function helpAsked(program: Command, argv: string[]): Command | undefined {
  const [help, ...path] = argv.filter((word) => !word.startsWith('-'))
  if (help !== 'help') {
    refuseHelpOfNothing(program, argv)
    return undefined
  }
  return path.reduce((found, word, index) => {
    const next = found.commands.find((one) => one.name() === word)
    if (next !== undefined) return next
    throw unknownCommand(word, found, path.slice(0, index))
  }, program)
}

/** `backup list --help`: Commander would show the help of the default command, as if there were such a one. */
function refuseHelpOfNothing(program: Command, argv: string[]): void {
  const { found, path } = commandIn(program, argv)
  const behind = argv.slice(path.length)
  if (found === undefined || path.length === 0 || found.commands.length === 0) return
  if (!behind.includes('--help') && !behind.includes('-h')) return
  const [word] = takingAll(found).parseOptions(behind).operands
  if (word === undefined || found.commands.some((one) => one.name() === word)) return
  throw unknownCommand(word, found, path)
}

/**
 * Commander gives an option that takes a value whatever stands behind it: `approve GATE --actor --json` would be approved by "--json".
 * Throws where that is an option of the command, or one by its looks. Behind an equals sign any value stands as it is typed.
 */
export function refuseSwallowedOptions(program: Command, argv: string[]): void {
  const { found, path } = commandIn(program, argv)
  if (found === undefined) return
  const options = [found, ...found.commands].flatMap((each) => each.options)
  const named = (word: string): Option | undefined =>
    options.find(({ long, short }) => word === long || word === short)
  const typed = argv.slice(path.length)
  for (let at = 0; at < typed.length && typed[at] !== '--'; at += 1) {
    const option = named(typed[at] ?? '')
    const value = typed[at + 1]
    if (option?.required !== true || value === undefined) continue
    at += 1
    if (named(value) === undefined && !LOOKS_LIKE_AN_OPTION.test(value)) continue
    const long = option.long ?? option.flags
    throw new CommanderError(
      2,
      'commander.optionMissingArgument',
      `option '${option.flags}' needs a value, and '${value}' behind it is an option. Where it is the value: ${long}=${value}`,
    )
  }
}

/** One word behind two dashes. A sentence that begins with them is a text. */
const LOOKS_LIKE_AN_OPTION = /^--\S*$/

/** What is wrong with a command line that Commander refused, and what to type. */
export function usageFailure(
  given: CommanderError,
  argv: string[],
  program: Command | undefined,
): UsageFailure {
  const { found, path } = commandIn(program, argv)
  const stray = found === undefined ? undefined : strayWord(given, found, argv, path)
  const error = stray === undefined || found === undefined ? given : unknownCommand(stray, found, path)
  const inOrder = stray === undefined || found === undefined ? undefined : reordered(stray, found, argv, path)
  return inOrder === undefined
    ? { message: error.message.replace(/^error: /, ''), advice: words`See: ${command('help', ...path)}` }
    : {
        message: `'${[...path, stray].join(' ')}' stands before its options.`,
        advice: words`Type: ${inOrder}`,
      }
}

function unknownCommand(word: string, { commands }: Command, path: readonly string[]): CommanderError {
  const names = commands.map((one) => one.name())
  const what =
    path.length === 0 ? `unknown command '${word}'.` : `${path.join(' ')} has no command '${word}'.`
  return new CommanderError(2, 'commander.unknownCommand', `${what}${didYouMean(word, names)}`)
}

/** The command that a command line begins with, and the words that name it. */
function commandIn(
  program: Command | undefined,
  argv: string[],
): { found: Command | undefined; path: string[] } {
  if (program === undefined) return { found: undefined, path: [] }
  const typed = argv[0] === 'help' ? argv.slice(1) : argv
  let found = program
  const path: string[] = []
  for (const word of typed) {
    const next = found.commands.find((one) => one.name() === word)
    if (next === undefined) break
    found = next
    path.push(word)
  }
  return { found, path }
}

/**
 * The word that should have been a command below `found`: Commander gives it to the default one and blames that, or stops at an option that
 * stands before it.
 */
function strayWord(
  { code }: CommanderError,
  found: Command,
  argv: string[],
  path: readonly string[],
): string | undefined {
  if (code !== 'commander.excessArguments' && code !== 'commander.unknownOption') return undefined
  if (found.commands.length === 0) return undefined
  return takingAll(found).parseOptions(argv.slice(path.length)).operands[0]
}

/** Takes every option that a command below `group` takes: what stands behind one of them is its value, and no word of its own. */
function takingAll(group: Command): Command {
  const all = withCommonOptions(group.createCommand())
  for (const option of group.commands.flatMap(({ options }) => options))
    if (!all.options.some(({ long, short }) => long === option.long || (short ?? '') === option.short))
      all.addOption(option)
  return all
}

/** The same command line with its command first; undefined where that would be no command either. */
function reordered(
  word: string,
  found: Command,
  argv: string[],
  path: readonly string[],
): ReturnType<typeof command> | undefined {
  const verb = [...path, word].join(' ')
  const known = found.commands.some((one) => one.name() === word)
  const rest = argv.slice(path.length)
  const at = rest.indexOf(word)
  if (!known || !isVerb(verb) || at <= 0) return undefined
  return command(verb, ...rest.slice(0, at), ...rest.slice(at + 1))
}

function isVerb(text: string): text is Verb {
  return Object.hasOwn(VERBS, text)
}
