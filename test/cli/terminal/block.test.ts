import { describe, expect, test } from 'vitest'
import { blockLines } from '../../../src/cli/terminal/block.js'
import { command, mapText, words, type Words } from '../../../src/contract/next-command.js'

const list = command('list')
const plan = command('plan')
const rows = (text: Words) => blockLines(text, { columns: 60 }, { typed: {}, shell: 'posix' })

describe('a sentence reads on around commands that stand in rows of their own', () => {
  test.each<[string, Words, string[]]>([
    [
      'a bracket that holds a command alone becomes a colon',
      words`Use it from another terminal (${list}), or stop it there.`,
      ['Use it from another terminal:', '  d1-runbook list', '  or stop it there.'],
    ],
    [
      'so does one that holds words before the command',
      words`Look at it (say ${list}).`,
      ['Look at it: say', '  d1-runbook list'],
    ],
    [
      'one around two commands closes with the second',
      words`Look at it (${list}, ${plan}) first.`,
      ['Look at it:', '  d1-runbook list', '  d1-runbook plan', '  first.'],
    ],
    [
      'one that is no part of it before the command stays',
      words`Look (twice) at ${list}.`,
      ['Look (twice) at', '  d1-runbook list'],
    ],
    [
      'one that closes behind words stays, with the one that opened it',
      words`Look (at ${list} first).`,
      ['Look (at', '  d1-runbook list', '  first).'],
    ],
    [
      'one that opens behind the command stays',
      words`Wait: ${list} (or another).`,
      ['Wait:', '  d1-runbook list', '  (or another).'],
    ],
    [
      'a colon behind the command is not pasted with it',
      words`Run ${list}: it shows all.`,
      ['Run', '  d1-runbook list', '  it shows all.'],
    ],
    [
      'nor is one behind a colour, which stays',
      mapText(words`Run ${list}, or wait.`, (text) => `\u001B[33m${text}\u001B[39m`),
      ['\u001B[33mRun \u001B[39m', '  d1-runbook list', '  \u001B[33mor wait.\u001B[39m'],
    ],
    ['text without a command stays as it is', 'Look (at it), now.', ['Look (at it), now.']],
  ])('%s', (_, text, expected) => {
    expect(rows(text)).toEqual(expected)
  })
})
