import type { Command } from 'commander'
import { createProgram } from '../../src/cli/main.js'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { App } from '../../src/cli/terminal/app.js'
import { shellWords } from '../../src/cli/terminal/help-text.js'

/** The command that these words name, with its options, and the words that are left for it. */
export async function commandOf(words: readonly string[]): Promise<{ command: Command; rest: string[] }> {
  let command = await createProgram(new App(), [...words])
  const rest = [...words]
  for (;;) {
    const next = command.commands.find((one) => one.name() === rest[0])
    if (next === undefined) return { command, rest }
    command = next
    rest.shift()
  }
}

/** Every command and subcommand, in full, with the words that call it. */
export async function allCommands(): Promise<{ name: string; command: Command }[]> {
  const found: { name: string; command: Command }[] = []
  const add = (name: string, command: Command): void => {
    found.push({ name, command })
    for (const child of command.commands) add(`${name} ${child.name()}`, child)
  }
  for (const { name } of COMMANDS) add(name, (await commandOf([name])).command)
  return found
}

/** Commander's own text, with what stands after it. */
export function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (chunk) => (text += chunk), getOutHasColors: () => false })
  command.outputHelp()
  return text
}

/** What a command does where no subcommand is named: it takes their options, too. */
const DEFAULTS = new Set(['backup create', 'worker run'])

/** What stands in a typed line that our command line does not have: unknown commands, options and choices. */
export async function unknownIn(line: string): Promise<string[]> {
  const [ours = ''] = line.split(/ [|>] | {2,}#/)
  const words = shellWords(ours)
  if (words[0] !== 'd1-runbook') return [`not ours: ${line}`]
  const { command, rest } = await commandOf(words.slice(1))
  const called = rest.length === words.length - 1 && words.length > 1 && !words[1]?.startsWith('-')
  const unknown = called ? [`no command ${words[1] ?? ''}`] : []
  const within = command.commands.find((one) => DEFAULTS.has(`${command.name()} ${one.name()}`))
  const options = [...command.options, ...(within?.options ?? [])]
  for (const [index, word] of rest.entries()) {
    if (!/^--?[a-z]/.test(word)) continue
    const option = options.find(({ long, short }) => long === word || short === word)
    if (option === undefined) unknown.push(`${command.name()} has no ${word}`)
    const value = rest[index + 1]
    if (option?.argChoices !== undefined && !option.argChoices.includes(value ?? ''))
      unknown.push(`${word} takes no ${value ?? ''}`)
  }
  return unknown
}
