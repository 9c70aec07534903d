import { expect, test } from 'vitest'
import { waysToChoose, yesOrNo } from '../../../src/cli/terminal/prompts.js'

test.each([
  ['y', 'yes'],
  [' Y ', 'yes'],
  ['n', 'no'],
  ['No', 'no'],
  ['', undefined],
  [undefined, undefined],
  ['u', undefined],
  ['yn', undefined],
  ['q', undefined],
  ['production', undefined],
])('at a prompt %j is %s: a slip decides nothing', (typed, is) => {
  expect(yesOrNo(typed)).toBe(is)
})

test.each<[string, Parameters<typeof waysToChoose>[0], string[]]>([
  [
    'only the ways that are possible, and to stay',
    [
      { strategy: 'reverse-migration', available: true },
      { strategy: 'time-travel', available: false },
      { strategy: 'restore-backup', available: true },
    ],
    ['none', 'reverse-migration', 'restore-backup'],
  ],
  ['only to stay, where nothing is', [{ strategy: 'time-travel', available: false }], ['none']],
  [
    'all, where the run does not say',
    undefined,
    ['none', 'reverse-migration', 'time-travel', 'restore-backup'],
  ],
])('the prompt lists %s', (_what, ways, listed) => {
  expect(waysToChoose(ways).map(({ value }) => value)).toEqual(listed)
})
