import type { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/index.js'
import { createProgram } from '../../src/cli/main.js'
import { App } from '../../src/cli/terminal/app.js'
import { at, command, VERBS, type Verb } from '../../src/contract/next-command.js'

const PLACE = { environment: 'production', project: '../my app', database: 'DB', run: 'migration/a/b' }

async function commandOf(verb: Verb): Promise<Command> {
  const words = verb.split(' ')
  let found = await createProgram(new App(), words)
  for (const word of words) {
    const next = found.commands.find((one) => one.name() === word)
    if (next === undefined) throw new Error(`there is no command ${verb}`)
    found = next
  }
  return found
}

describe('a command as a value says what the command line takes', () => {
  test.each(Object.keys(VERBS).filter((verb) => verb !== 'help') as Verb[])('%s', async (verb) => {
    const found = await commandOf(verb)
    const [within] = found.commands
    const options = (within ?? found).options.map(({ long }) => long)
    const { environment, project, database, run } = at(PLACE, command(verb))
    if (project !== undefined) expect(options).toContain('--project')
    if (environment !== undefined) expect(options).toEqual(expect.arrayContaining(['--env', '--database']))
    if (database !== undefined) expect(environment).toBeDefined()
    if (run !== undefined && VERBS[verb] === 'run') expect(options).toContain('--id')
    if (VERBS[verb] === 'run as word') expect(found.registeredArguments[0]?.name()).toBe('id')
    // What it would have to be told again is not left out.
    if (options.includes('--id')) expect(VERBS[verb]).toBe('run')
  })

  test('each command of the command line is one', () => {
    const firstWords = new Set(Object.keys(VERBS).map((verb) => verb.split(' ')[0]))
    expect(COMMANDS.map(({ name }) => name).filter((name) => !firstWords.has(name))).toEqual([])
  })

  test('the rule that keeps commands out of texts knows each of them', () => {
    const rule = readFileSync('scripts/lint-rules.mjs', 'utf8')
    for (const { name } of COMMANDS) expect(rule).toMatch(new RegExp(`[|']${name}[|']`))
  })
})
