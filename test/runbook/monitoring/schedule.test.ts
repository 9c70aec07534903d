import { fc } from '../../fast-check.js'
import { describe, expect, test } from 'vitest'
import {
  checkpointOffsets,
  checkpointTimes,
  nextCheckpoint,
} from '../../../src/runbook/monitoring/schedule.js'

const MINUTE = 60_000

test('the default schedule has 6 + 6 + 22 checkpoints, up to 24 hours', () => {
  const minutes = checkpointOffsets().map((offset) => offset / MINUTE)
  expect(minutes.slice(0, 12)).toEqual([5, 10, 15, 20, 25, 30, 45, 60, 75, 90, 105, 120])
  expect(minutes.slice(12)).toEqual(Array.from({ length: 22 }, (_, hour) => (hour + 3) * 60))
})

test('all times count from one anchor, scaled', () => {
  expect(checkpointTimes({ anchorMs: 1000, offsetsMs: [60_000, 120_000], timeScale: 10 })).toEqual([
    7000, 13_000,
  ])
})

test('an interval of nothing is refused: it would never end', () => {
  expect(() => checkpointOffsets([{ everyMs: 0, untilMs: 1 }])).toThrow(RangeError)
})

describe('nextCheckpoint', () => {
  const times = checkpointTimes({ anchorMs: 0, offsetsMs: checkpointOffsets(), timeScale: 1 })

  test('after an absence, one late checkpoint stands for those that were missed', () => {
    expect(nextCheckpoint({ times, now: 27 * MINUTE, done: 1 })).toEqual({
      kind: 'run',
      number: 5,
      plannedAt: 25 * MINUTE,
      late: true,
      missed: [2, 3, 4],
    })
  })

  test('in compressed time each one runs', () => {
    expect(nextCheckpoint({ times, now: 27 * MINUTE, done: 1, catchUp: 'every' })).toMatchObject({
      number: 2,
      missed: [],
    })
  })

  test('however the worker comes and goes: no number twice, none unaccounted for, never early, never a burst', () => {
    const offsets = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(
        offsets,
        fc.array(fc.integer({ min: 0, max: 120 }), { maxLength: 60 }),
        (minutes, absences) => {
          const schedule = [...minutes].sort((a, b) => a - b).map((minute) => minute * MINUTE)
          const accounted: number[] = []
          let now = 0
          let done = 0
          let lastRun = -Infinity
          for (let turn = 0; ; turn += 1) {
            const next = nextCheckpoint({ times: schedule, now, done })
            if (next.kind === 'finished') break
            if (next.kind === 'wait') {
              expect(next.at).toBeGreaterThan(now)
              now = next.at + (absences[turn] ?? 0) * MINUTE
              continue
            }
            expect(next.plannedAt).toBeLessThanOrEqual(now)
            // A run after a late one waits for a time that had not come yet.
            expect(next.plannedAt).toBeGreaterThan(lastRun)
            expect(next.late || next.missed.length === 0).toBe(true)
            accounted.push(...next.missed, next.number)
            done = next.number
            lastRun = next.late ? now : next.plannedAt
          }
          expect(accounted).toEqual(schedule.map((_, index) => index + 1))
        },
      ),
    )
  })
})
