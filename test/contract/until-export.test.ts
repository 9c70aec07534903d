import { fc } from '../fast-check.js'
import { describe, expect, it } from 'vitest'
import type { ExportHours } from '../../src/contract/export-hours.js'
import { untilExportMs } from '../../src/contract/until-export.js'

const HOUR = 3_600_000
const hours = (from: string, to: string, timeZone = 'UTC'): ExportHours => ({ from, to, timeZone })

describe('an export may begin', () => {
  it.each([
    ['at the first minute', hours('02:00', '05:00'), '2026-03-01T02:00:00Z', 0],
    ['in the last one', hours('02:00', '05:00'), '2026-03-01T04:59:59Z', 0],
    ['not at the end', hours('02:00', '05:00'), '2026-03-01T05:00:00Z', 21 * HOUR],
    ['not before', hours('02:00', '05:00'), '2026-03-01T01:59:00Z', 60_000],
    ['over midnight, before it', hours('22:00', '04:00'), '2026-03-01T23:00:00Z', 0],
    ['over midnight, after it', hours('22:00', '04:00'), '2026-03-01T03:59:00Z', 0],
    ['over midnight, not at noon', hours('22:00', '04:00'), '2026-03-01T12:00:00Z', 10 * HOUR],
    ['in the hours of its zone', hours('02:00', '05:00', 'Asia/Kolkata'), '2026-03-01T20:45:00Z', 0],
    ['not in those of another', hours('02:00', '05:00', 'Asia/Kolkata'), '2026-03-01T02:00:00Z', 18.5 * HOUR],
    // Clocks of Paris go forward at 01:00 UTC of 29 March and back at 01:00 UTC of 25 October.
    [
      'behind the hour that a night lacks',
      hours('04:00', '06:00', 'Europe/Paris'),
      '2026-03-28T23:00:00Z',
      3 * HOUR,
    ],
    [
      'behind the hour that comes twice',
      hours('04:00', '06:00', 'Europe/Paris'),
      '2026-10-24T22:00:00Z',
      5 * HOUR,
    ],
  ])('%s', (_what, allowed, now, wait) => {
    expect(untilExportMs(allowed, Date.parse(now))).toBe(wait)
  })

  it('on every day of every zone in the end, waiting as long as is told each time', () => {
    const minute = fc.integer({ min: 0, max: 1439 })
    const time = minute.map(
      (of) => `${String(Math.floor(of / 60)).padStart(2, '0')}:${String(of % 60).padStart(2, '0')}`,
    )
    const zone = fc.constantFrom(
      'UTC',
      'Europe/Paris',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
    )
    const at = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) })
    fc.assert(
      fc.property(time, time, zone, at, (from, to, timeZone, start) => {
        let now = start
        for (let waits = 0; waits < 4; waits += 1) {
          const wait = untilExportMs(hours(from, to, timeZone), now)
          if (wait === 0) return now - start <= 49 * HOUR
          if (wait < 0 || wait > 25 * HOUR) return false
          now += wait
        }
        return false
      }),
    )
  })
})
