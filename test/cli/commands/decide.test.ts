import { expect, test } from 'vitest'
import { wholePlanHash } from '../../../src/cli/commands/decide.js'

const PLAN = `9e004295a953${'0'.repeat(52)}`

test.each<[string, string | undefined, string | null, string | undefined]>([
  ['the twelve digits that are shown', '9e004295a953', PLAN, PLAN],
  ['the same in capitals', '9E004295A953', PLAN, PLAN],
  ['the whole hash', PLAN, PLAN, PLAN],
  ['fewer digits: for the run to refuse', '9e0042', PLAN, '9e0042'],
  ['those of another plan: for the run to refuse', '111111111111', PLAN, '111111111111'],
  ['a run without a plan', '9e004295a953', null, '9e004295a953'],
  ['nothing', undefined, PLAN, undefined],
])('a plan is named by %s', (_what, typed, current, sent) => {
  expect(wholePlanHash(typed, current)).toBe(sent)
})
