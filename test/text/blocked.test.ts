import { expect, test } from 'vitest'
import { unblocking } from '../../src/text/blocked.js'

const error = (code: string, accepted?: string) =>
  ({ code, severity: 'error', ...(accepted === undefined ? {} : { accepted }) }) as const

test.each([
  [['RH101'], 'Correct what is marked as an error.'],
  [['SY101', 'TX101'], 'Correct what is marked as an error.'],
  [['DL102'], 'Correct what is marked as an error, or accept it in the file with a reason.'],
  // Slower than the limit on the copy here: somebody may know better.
  [['RH102'], 'Correct what is marked as an error, or accept it in the file with a reason.'],
  [
    ['DL102', 'RH101', 'RH101', 'TX101'],
    'Correct what is marked as an error, or accept it in the file with a reason; accepting does not make RH101 and TX101 run.',
  ],
])('of %j only what would run may be accepted', (codes, said) => {
  expect(unblocking(codes.map((code) => error(code)))).toBe(said)
})

test('what is accepted already, or only warns, is not spoken of', () => {
  const findings = [error('RH101'), error('DL102', 'meant'), { code: 'IX102', severity: 'warning' } as const]
  expect(unblocking(findings)).toBe('Correct what is marked as an error.')
})
