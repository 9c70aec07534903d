import { fc } from '../../fast-check.js'
import { describe, expect, test } from 'vitest'
import type { StepBar, Trend } from '../../../src/runbook/report/chart-data.js'
import { axisLabels } from '../../../src/runbook/report/svg.js'
import { roundTimes, roundValues } from '../../../src/runbook/report/ticks.js'
import { timelineChart } from '../../../src/runbook/report/timeline-chart.js'
import { trendChart } from '../../../src/runbook/report/trend-chart.js'

const AT = Date.parse('2026-03-08T22:00:00Z')
const MINUTE = 60_000
const show = { unit: (value: number) => `${Math.round(value)} ms`, timeZone: 'UTC' }

const time = fc.integer({ min: AT - 86_400_000, max: AT + 86_400_000 })
const measure = fc.double({ min: 0, max: 1e6, noNaN: true })
const trends: fc.Arbitrary<Trend> = fc.record({
  points: fc
    .array(
      fc.record({
        at: time,
        value: fc.option(measure),
        verdict: fc.constantFrom('healthy', 'degraded', 'breached', 'unknown'),
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map((points) => points.sort((a, b) => a.at - b.at)),
  baseline: fc.option(
    fc
      .tuple(time, fc.tuple(measure, measure, measure))
      .map(([at, values]) => ({ at, values: values.sort((a, b) => a - b) }))
      .map(({ at, values: [low = 0, middle = 0, high = 0] }) => ({ at, low, middle, high })),
  ),
  threshold: fc.option(measure),
  migration: fc.option(fc.tuple(time, fc.nat(3_600_000)).map(([from, ms]) => ({ from, to: from + ms }))),
  rollbackAt: fc.option(time),
})
const bars: fc.Arbitrary<StepBar[]> = fc.array(
  fc
    .record({
      title: fc.string(),
      fromMs: fc.nat(86_400_000),
      toMs: fc.nat(86_400_000),
      running: fc.boolean(),
      failed: fc.boolean(),
    })
    .map(({ fromMs, toMs, ...bar }) => ({
      ...bar,
      fromMs: Math.min(fromMs, toMs),
      toMs: Math.max(fromMs, toMs),
    })),
  { minLength: 1, maxLength: 12 },
)

test('a threshold too small to be parted has one tick', () => {
  expect(roundValues(5e-324, 4)).toEqual([0])
  expect(roundValues(1, 4)).toEqual([0, 0.5])
})

describe('whatever was measured', () => {
  test.each([900, 380])(
    'a chart %i wide has numbers for all its places, and none below zero in size',
    (width) => {
      const places = (svg: string): void => {
        expect(svg).not.toMatch(/NaN|Infinity|undefined/)
        expect(svg).not.toMatch(/(?:width|height|r)="-/)
      }
      fc.assert(fc.property(trends, (trend) => places(trendChart(trend, width, show))))
      fc.assert(fc.property(bars, (some) => places(timelineChart(some, width))))
    },
  )

  test('what is drawn of the points stays within the plot', () => {
    fc.assert(
      fc.property(trends, (trend) => {
        for (const [, x, y] of trendChart(trend, 900, show).matchAll(/<circle cx="([^"]+)" cy="([^"]+)"/g)) {
          expect(Number(x)).toBeGreaterThanOrEqual(64)
          expect(Number(x)).toBeLessThanOrEqual(900 - 72)
          expect(Number(y)).toBeGreaterThanOrEqual(26)
          expect(Number(y)).toBeLessThanOrEqual(250)
        }
      }),
    )
  })
})

const calm: Trend = {
  points: [0, 5, 10, 15, 20].map((minutes) => ({
    at: AT + minutes * MINUTE,
    value: 100,
    verdict: 'healthy',
  })),
  baseline: null,
  threshold: null,
  migration: null,
  rollbackAt: null,
}
const at = (index: number, value: number | null): Trend => ({
  ...calm,
  points: calm.points.map((point, each) => (each === index ? { ...point, value } : point)),
})
const lines = (trend: Trend): number => (trendChart(trend, 900, show).match(/<polyline/g) ?? []).length

test.each([
  ['a line through all that was measured', calm, 1],
  ['no line across a checkpoint that measured nothing', at(2, null), 2],
  ['no line to a single one', at(1, null), 1],
  ['one line where only the last measured nothing', at(4, null), 1],
])('draws %s', (_what, trend, count) => {
  expect(lines(trend)).toBe(count)
})

test('a checkpoint without data is marked on the axis, one with data is not', () => {
  expect(trendChart(at(2, null), 900, show)).toContain('<path')
  expect(trendChart(calm, 900, show)).not.toContain('<path')
})

test('the names of migration and rollback look away from each other where they are near, and stand above theirs where not', () => {
  const anchors = (minutes: number): string[] => {
    const near = { ...calm, migration: { from: AT, to: AT + MINUTE }, rollbackAt: AT + minutes * MINUTE }
    return [...trendChart(near, 900, show).matchAll(/text-anchor="(\w+)"[^>]*>(?:migrated|rollback)</g)].map(
      ([, anchor = '']) => anchor,
    )
  }
  expect(anchors(2)).toEqual(['end', 'start'])
  expect(anchors(1)).toEqual(['end', 'start'])
  expect(anchors(15)).toEqual(['middle', 'middle'])
})

test('a step of no time is seen, and one that took longer than planned is red within its outline', () => {
  const step = { title: 'Step', fromMs: 0, running: false, failed: false }
  const [, moment] = /<rect[^>]*width="([^"]+)"/.exec(timelineChart([{ ...step, toMs: 0 }], 900)) ?? []
  expect(Number(moment)).toBeGreaterThanOrEqual(3)
  const late = timelineChart([{ ...step, toMs: 2000, plannedMs: 1000 }], 900)
  expect(late.match(/fill="var\(--(?:bad|plan)\)"/g)).toEqual(['fill="var(--bad)"', 'fill="var(--plan)"'])
  expect(timelineChart([{ ...step, toMs: 500, plannedMs: 1000 }], 900)).not.toContain('--bad')
  const waited = timelineChart([{ ...step, toMs: 9_000, waitedMs: 8_500, plannedMs: 1000 }], 900)
  expect(waited).not.toContain('--bad')
  expect(waited).toContain('500 ms of 1 s, waited 8.5 s')
})

test('a title is text, whatever it is', () => {
  const chart = timelineChart(
    [{ title: '</text><script>', fromMs: 0, toMs: 1, running: false, failed: false }],
    900,
  )
  expect(chart).not.toContain('<script>')
})

test('labels of an axis do not touch, and none leaves the picture', () => {
  const texts = (labels: { x: number; text: string }[]): string[] =>
    [...axisLabels(labels, { y: 0, width: 300 }).matchAll(/>([^<]+)</g)].map(([, text = '']) => text)
  expect(texts([10, 110, 210].map((x) => ({ x, text: String(x) })))).toEqual(['10', '110', '210'])
  expect(texts([100, 110, 200].map((x) => ({ x, text: `at ${x}` })))).toEqual(['at 100', 'at 200'])
  const [, x] = /x="([^"]+)"/.exec(axisLabels([{ x: 300, text: '1 h 15 min' }], { y: 0, width: 300 })) ?? []
  expect(Number(x)).toBeLessThan(280)
})

test('ticks are round', () => {
  expect(roundTimes(AT + 1, AT + 3 * 3_600_000, 4)).toEqual([1, 2, 3].map((hour) => AT + hour * 3_600_000))
  expect(roundValues(336, 4)).toEqual([0, 100, 200, 300])
  expect(roundValues(1, 4)).toEqual([0, 0.5])
  expect(roundValues(0.06, 4)).toEqual([0, 0.02, 0.04])
})
