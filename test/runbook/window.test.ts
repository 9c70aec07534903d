import { describe, expect, test } from 'vitest'
import { parseWindow } from '../../src/runbook/window-input.js'
import { windowHolds, windowState } from '../../src/runbook/window.js'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const parse = (text: string, timeZone = 'America/New_York'): string => {
  const { opensAt, closesAt } = parseWindow({ text, timeZone, now: NOW })
  return `${opensAt} ${closesAt}`
}

describe('parseWindow', () => {
  test.each([
    ['2026-03-08T03:00Z/2026-03-08T05:00Z', '2026-03-08T03:00:00.000Z 2026-03-08T05:00:00.000Z'],
    ['2026-03-07T22:00-05:00/PT2H', '2026-03-08T03:00:00.000Z 2026-03-08T05:00:00.000Z'],
    ['2026-02-01T22:00/2h', '2026-02-02T03:00:00.000Z 2026-02-02T05:00:00.000Z'],
    // Over the change to summer time: three hours on the clock are two hours.
    ['2026-03-08T01:00/2026-03-08T04:00', '2026-03-08T06:00:00.000Z 2026-03-08T08:00:00.000Z'],
    ['2026-07-01T22:00 / 2026-07-02T00:30', '2026-07-02T02:00:00.000Z 2026-07-02T04:30:00.000Z'],
  ])('%s', (text, expected) => {
    expect(parse(text)).toBe(expected)
  })

  test.each([
    ['2026-03-08T02:30/2h', /does not exist/],
    ['2026-11-01T01:30/2h', /comes twice .*2026-11-01T01:30:00-04:00 or 2026-11-01T01:30:00-05:00/],
    ['2026-03-08T03:00Z', /is no window/],
    ['tomorrow/2h', /no date and time/],
    ['22:00/2h', /no date and time/],
    ['2026-03-08T05:00Z/2026-03-08T03:00Z', /ends before it starts/],
    ['2025-03-08T03:00Z/2h', /is over/],
  ])('%s is refused, with what to write instead', (text, message) => {
    expect(() => parse(text)).toThrow(message)
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ type: 'ConfigInvalid', advice: expect.stringContaining('--window') }),
    )
  })

  test('an unknown zone is refused by name', () => {
    expect(() => parse('2026-02-01T22:00/2h', 'EST5NOPE')).toThrow(/EST5NOPE/)
  })
})

describe('windowState', () => {
  const window = { opensAt: '2026-01-01T01:00:00Z', closesAt: '2026-01-01T02:00:00Z' }
  const HOUR = 3_600_000

  test.each([
    [NOW, { state: 'before', forMs: HOUR }],
    [NOW + HOUR, { state: 'open', forMs: HOUR }],
    [NOW + 2 * HOUR - 1, { state: 'open', forMs: 1 }],
    [NOW + 2 * HOUR, { state: 'closed' }],
  ])('at %d', (now, expected) => {
    expect(windowState({ window, now })).toEqual(expected)
  })

  test('a window that cannot be read is closed', () => {
    expect(windowState({ window: { opensAt: 'x', closesAt: 'y' }, now: NOW })).toEqual({ state: 'closed' })
  })

  test('work that does not fit any more is not held', () => {
    expect(windowHolds({ window, now: NOW + HOUR, neededMs: HOUR })).toBe(true)
    expect(windowHolds({ window, now: NOW + HOUR + 1, neededMs: HOUR })).toBe(false)
    expect(windowHolds({ window: undefined, now: NOW, neededMs: HOUR })).toBe(true)
  })
})
