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

  const freeze = (from: number, until: number, reason = 'year end') => ({
    from: new Date(NOW + from * HOUR).toISOString(),
    until: new Date(NOW + until * HOUR).toISOString(),
    reason,
  })

  test.each([
    ['far away', undefined, [freeze(5, 6)], { state: 'open', forMs: 5 * HOUR, freeze: freeze(5, 6) }],
    ['over', undefined, [freeze(-5, 0)], { state: 'open', forMs: Infinity }],
    [
      'that begins this moment',
      undefined,
      [freeze(0, 2)],
      { state: 'before', forMs: 2 * HOUR, freeze: freeze(0, 2) },
    ],
    [
      'that another one follows without a gap',
      undefined,
      [freeze(2, 3, 'b'), freeze(-1, 2, 'a')],
      { state: 'before', forMs: 3 * HOUR, freeze: freeze(2, 3, 'b') },
    ],
    ['behind the window', window, [freeze(3, 4)], { state: 'before', forMs: HOUR }],
    [
      'up to the middle of the window',
      window,
      [freeze(0, 1.5)],
      { state: 'before', forMs: 1.5 * HOUR, freeze: freeze(0, 1.5) },
    ],
    ['over the whole window', window, [freeze(1, 2)], { state: 'closed', freeze: freeze(1, 2) }],
    ['over its end', window, [freeze(1.5, 9)], { state: 'before', forMs: HOUR }],
    ['that cannot be read', undefined, [{ ...freeze(5, 6), until: 'x' }], { state: 'closed' }],
  ])('a freeze %s', (_, within, freezes, expected) => {
    expect(windowState({ window: within, freezes, now: NOW })).toMatchObject(expected)
  })

  test('work that would run into a freeze is not held', () => {
    const at = { window: undefined, freezes: [freeze(1, 2)], now: NOW }
    expect(windowHolds({ ...at, neededMs: HOUR })).toBe(true)
    expect(windowHolds({ ...at, neededMs: HOUR + 1 })).toBe(false)
    expect(windowHolds({ ...at, now: NOW + HOUR, neededMs: 0 })).toBe(false)
    expect(windowHolds({ ...at, now: NOW + 2 * HOUR, neededMs: HOUR })).toBe(true)
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
