import { expect, test } from 'vitest'
import { fc } from '../../fast-check.js'
import { bounded, MOST_CHARACTERS } from '../../../src/cli/mcp/bounded.js'

test('a small answer stays as it is', () => {
  expect(bounded({ a: [1, 2], b: 'text' })).toEqual({ a: [1, 2], b: 'text' })
})

test('what is cut is told, by its place, with how much there was', () => {
  const findings = Array.from({ length: 5_000 }, (_, line) => ({ line, message: 'x'.repeat(300) }))
  const { findings: kept, cut } = bounded({ findings, sql: 'y'.repeat(100_000) })
  expect((kept as unknown[]).length).toBeGreaterThan(10)
  expect(cut).toContainEqual({ at: '/findings', kept: (kept as unknown[]).length, of: 5_000 })
  expect(cut).toContainEqual({ at: '/sql', kept: expect.any(Number) as number, of: 100_000 })
})

test('whatever an answer holds, it is within the limit or refused', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 })),
      fc.integer({ min: 1, max: 4_000 }),
      (piece, times) => {
        try {
          const told = bounded({ list: Array.from({ length: times }, () => piece) })
          expect(JSON.stringify(told).length).toBeLessThanOrEqual(MOST_CHARACTERS)
        } catch (error) {
          expect(error).toMatchObject({ type: 'LimitReached' })
        }
      },
    ),
    { numRuns: 30 },
  )
})

test('what cannot be cut is refused, not sent', () => {
  const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`name${index}`, index]))
  expect(() => bounded(wide)).toThrow(/more than 60,000 characters/)
})
