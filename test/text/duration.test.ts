import { fc } from '../fast-check.js'
import { expect, test } from 'vitest'
import { durationInWords, formatDuration, parseDuration } from '../../src/text/duration.js'

test.each([
  ['24 h', 86_400_000],
  ['90s', 90_000],
  ['1h 05m', 3_900_000],
  ['1.5 h', 5_400_000],
  ['2 d 3 h', 183_600_000],
  ['250ms', 250],
  ['15 minutes', 900_000],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '5', '5 parsecs', '-5 s', 'h', '5 s x', '9999999999999999 d', 'constructor'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined()
  },
)

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1 s'],
  [4200, '4.2 s'],
  [9_990, '10 s'],
  [59_600, '1 min'],
  [125_000, '2 min 05 s'],
  [3_900_000, '1 h 05 min'],
  [86_400_000, '24 h'],
  [183_600_000, '2 d 3 h'],
  [Number.NaN, 'unknown'],
])('%d ms reads %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test('what is shown reads back, to the precision shown', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 * 86_400_000 }), (ms) => {
      const back = parseDuration(formatDuration(ms))
      expect(Math.abs((back ?? Number.NaN) - ms)).toBeLessThanOrEqual(Math.max(50, ms * 0.011))
    }),
  )
})

test.each([
  [900_000, '15 minutes'],
  [7_200_000, '2 hours'],
  [3_600_000, '1 hour'],
  [1_500, '1.5 s'],
])('%d ms in words', (ms, text) => {
  expect(durationInWords(ms)).toBe(text)
})
