import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withoutEndless } from '../../../src/analysis/replay/statement-watch.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Works for six seconds at each of these statements, and without an end at that of line 9, until it is left out. */
async function toldOf(...slow: number[]): Promise<string[]> {
  const told: string[] = []
  const answer = withoutEndless<string>(
    'validation',
    60_000,
    async (watch, hopeless) => {
      const work = { stopped: false }
      const stop = (): void => void (work.stopped = true)
      for (const line of slow) {
        watch.follow({ file: '0001_a.sql', line, nth: 1 }, stop)
        await vi.advanceTimersByTimeAsync(6_000)
      }
      if (hopeless.length === 0) {
        watch.follow({ file: '0001_a.sql', line: 9, nth: 1 }, stop)
        await vi.advanceTimersByTimeAsync(60_000)
      }
      return work.stopped ? undefined : 'judged'
    },
    (message) => told.push(message),
  )
  expect(await answer).toBe('judged')
  return told
}

const said = (line: number): string =>
  `0001_a.sql, line ${line}, has run for 5 s; at 60 s the validation ends it, and goes on without it`

test('each slow statement is told once, though the work begins again without the endless one', async () => {
  expect(await toldOf(1, 2)).toEqual([said(1), said(2), said(9)])
  expect(await toldOf()).toEqual([said(9)])
})
