import { expect, test } from 'vitest'
import { yesOrNo } from '../../../src/cli/terminal/prompts.js'

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
