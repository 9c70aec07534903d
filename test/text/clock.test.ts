import { expect, test } from 'vitest'
import { zonedDateTime, zonedSeconds, zoneName } from '../../src/text/clock.js'

const WINTER = Date.UTC(2026, 0, 15, 22, 30, 5)
const SUMMER = Date.UTC(2026, 6, 15, 22, 30, 5)

test.each([
  ['America/New_York', '2026-01-15 17:30 EST', '2026-07-15 18:30 EDT'],
  ['Europe/Berlin', '2026-01-15 23:30 CET', '2026-07-16 00:30 CEST'],
  ['Asia/Kathmandu', '2026-01-16 04:15 GMT+5:45', '2026-07-16 04:15 GMT+5:45'],
  ['UTC', '2026-01-15 22:30 UTC', '2026-07-15 22:30 UTC'],
  ['Nowhere/Land', '2026-01-15 22:30 UTC', '2026-07-15 22:30 UTC'],
])(
  'in %s a time is that of the day, in winter and in summer, however often it is asked',
  (zone, winter, summer) => {
    for (let times = 0; times < 2; times += 1) {
      expect(zonedDateTime(WINTER, zone)).toBe(winter)
      expect(zonedDateTime(SUMMER, zone)).toBe(summer)
    }
  },
)

test('each of all zones reads the same once all the others have been asked, of which not all are kept', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  expect(zones.length).toBeGreaterThan(100)
  const once = zones.map((zone) => zonedSeconds(SUMMER, zone))
  expect(zones.map((zone) => zonedSeconds(SUMMER, zone))).toEqual(once)
  expect(new Set(once.map((told) => told.slice(0, 16))).size).toBeGreaterThan(20)
})

test('a moment that is none is told as such in any zone', () => {
  expect(zonedSeconds(Number.NaN, 'Europe/Berlin')).toBe('unknown')
  expect(zonedDateTime(Number.POSITIVE_INFINITY, 'UTC')).toContain('????-??-??')
  expect(zoneName(Number.NaN, 'Europe/Berlin')).toBe('UTC')
})
