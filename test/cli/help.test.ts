import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { GROUPS, COMMANDS } from '../../src/cli/commands/index.js'
import { examplesHelp, helpParagraph } from '../../src/cli/terminal/help-text.js'
import { allCommands, commandOf, helpOf, unknownIn } from './command-tree.js'

const all = await allCommands()

/** The examples of a help, each as one line again. */
function examplesIn(help: string): string[] {
  const joined = help.replace(/ \\\n\s*/g, ' ')
  return [...joined.matchAll(/^ {2}\$ (.*)$/gm)].map(([, line = '']) => line)
}

test('the list of commands stands in groups, each command once, within 80 columns', async () => {
  const help = helpOf((await commandOf([])).command)
  for (const group of GROUPS) expect(help).toContain(`\n${group}:\n`)
  for (const { name } of COMMANDS) expect(help.match(new RegExp(`^  ${name}( |$)`, 'gm'))).toHaveLength(1)
  for (const line of help.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(80)
  expect(await Promise.all(examplesIn(help).map(unknownIn))).toEqual(examplesIn(help).map(() => []))
})

describe.each(all)('$name --help', ({ command }) => {
  const help = helpOf(command)

  test('is within 80 columns, and shows no default that says nothing', () => {
    expect(help.split('\n').filter((line) => stringWidth(line) > 80)).toEqual([])
    expect(help).not.toMatch(/\(default: (\[\]|false|undefined)\)/)
  })

  test('has examples, with commands and options that there are', async () => {
    const examples = examplesIn(help)
    expect(examples.length).toBeGreaterThan(0)
    expect((await Promise.all(examples.map(unknownIn))).flat()).toEqual([])
  })
})

test.each(['backup validate', 'calendar', 'dev', 'list', 'serve', 'worker run'])(
  '%s is of all environments without --env, and says no other default',
  async (name) => {
    const help = helpOf((await commandOf(name.split(' '))).command)
    expect(help).toMatch(/--env <name> +environment \(default: all\)/)
    expect(help).not.toContain('default: "local"')
  },
)

test.each(['codec-server', 'demo', 'enroll', 'init', 'worker promote', 'worker versions'])(
  '%s takes --env as every command does, and does not ask for one',
  async (name) => {
    const { command } = await commandOf(name.split(' '))
    expect(command.options.map(({ long }) => long)).toContain('--env')
    expect(helpOf(command)).not.toContain('--env')
  },
)

describe('an example', () => {
  test('that is too long goes on after a backslash, an option beside its value, and its comment stands above', () => {
    const long = `restore ${'x'.repeat(40)} --to "a folder of its own"   # what it does`
    expect(examplesHelp([long]).split('\n').slice(2)).toEqual([
      '  # what it does',
      `  $ d1-runbook restore ${'x'.repeat(40)} \\`,
      '    --to "a folder of its own"',
    ])
  })

  test.each(['start --wait', 'abort --reason "a # in quotes"', 'watch | tee x'])(
    '%s stays one line',
    (line) => {
      expect(examplesHelp([line]).split('\n').slice(2)).toEqual([`  $ d1-runbook ${line}`])
    },
  )

  test.each([
    ['d1-runbook strat', ['no command strat']],
    ['d1-runbook plan --bakcup x', ['plan has no --bakcup']],
    ['d1-runbook start --until tomorrow', ['--until takes no tomorrow']],
    ['d1-runbook rollback --strategy none', []],
    ['d1-runbook backup --keep 3', []],
    ['d1-runbook backup restore x --keep 3', ['restore has no --keep']],
  ])('%s is checked', async (line, unknown) => {
    expect(await unknownIn(line)).toEqual(unknown)
  })
})

test('a paragraph is broken at blanks, without an indent', () => {
  const rows = helpParagraph('a word '.repeat(40)).split('\n')
  expect(rows.every((row) => row.length <= 80 && !row.startsWith(' '))).toBe(true)
})
