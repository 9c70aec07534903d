import { fc } from '../../fast-check.js'
import { expect, test } from 'vitest'
import {
  chanceOfBeingHigher,
  logSpread,
  median,
  quantile,
} from '../../../src/runbook/monitoring/statistics.js'

test('median and quantiles, even and odd', () => {
  expect(median([3, 1, 2])).toBe(2)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(quantile([0, 10], 0.9)).toBeCloseTo(9)
  expect(median([])).toBeNaN()
})

test('the rank test agrees with published values', () => {
  // Normal approximation with continuity: U = 25 of 25, n = m = 5, z = (12.5 - 0.5) / sqrt(25 * 11 / 12).
  expect(chanceOfBeingHigher([6, 7, 8, 9, 10], [1, 2, 3, 4, 5])).toBeCloseTo(0.00609, 4)
  expect(chanceOfBeingHigher([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeGreaterThan(0.99)
  expect(chanceOfBeingHigher([1, 1, 1], [1, 1, 1])).toBe(1)
})

test('the rank test asks for order only: scaling both samples changes nothing', () => {
  const sample = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 15 })
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const chance = chanceOfBeingHigher(a, b)
      expect(chance).toBeGreaterThanOrEqual(0)
      expect(chance).toBeLessThanOrEqual(1)
      expect(
        chanceOfBeingHigher(
          a.map((x) => x * 3),
          b.map((x) => x * 3),
        ),
      ).toBe(chance)
    }),
  )
})

test('one outlier hardly moves the spread', () => {
  const calm = Array.from({ length: 20 }, (_, index) => 200 + index)
  expect(logSpread([...calm.slice(1), 20_000])).toBeLessThan(2 * logSpread(calm))
})
