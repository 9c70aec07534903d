import { describe, expect, test } from 'vitest'
import type { Checkpoint, CheckpointVerdict } from '../../../src/contract/monitoring.js'
import { defined } from '../../../src/contract/defined.js'
import { alertFor } from '../../../src/runbook/monitoring/alert.js'

const VERDICTS: Record<string, CheckpointVerdict> = {
  h: 'healthy',
  d: 'degraded',
  b: 'breached',
  '?': 'unknown',
}
const MINUTE = 60_000

interface Look {
  letter: string
  /** After the migration. */
  minute: number
  extra?: boolean
  late?: boolean
}

/** The alerts told after each look; `.` for silence. Looks count for themselves when five minutes apart. */
function alertsOf(looks: readonly Look[], againMs?: number): string {
  const checkpoints: Checkpoint[] = looks.map(({ letter, minute, extra, late = false }, index) => ({
    number: index + 1,
    plannedAt: '',
    at: new Date(minute * MINUTE).toISOString(),
    late,
    ...(extra === undefined ? {} : { extra }),
    verdict: VERDICTS[letter] ?? 'unknown',
    reasons: [],
    results: [],
  }))
  const thresholds = { consecutiveBreaches: 2, unknownsBeforeAlert: 3 }
  const marks = { breach: 'B', continues: 'b', blind: 'U', recovered: 'R' }
  return checkpoints
    .map((_, index) =>
      alertFor({
        checkpoints: checkpoints.slice(0, index + 1),
        thresholds,
        apartMs: 5 * MINUTE,
        ...defined({ againMs }),
      }),
    )
    .map((alert) => (alert === null ? '.' : marks[alert.kind]))
    .join('')
}

test.each([
  ['hhbh', '....', 'a single breach is no alarm'],
  ['hbbbbh', '..B..R', 'told at the second, once, and when it ends'],
  ['b?b', '..B', 'missing data does not end a row of breaches'],
  ['bb???h', '.B..UR', 'blindness after a breach is told too'],
  ['???h', '..UR', 'sight regained'],
  ['??b?b', '....B', 'a breach ends blindness and counts'],
  ['bdb', '...', 'degraded is not breached'],
  ['bbdbb', '.BR.B', 'a new episode is told again'],
])('%s: %s (%s)', (verdicts, expected) => {
  expect(alertsOf([...verdicts].map((letter, index) => ({ letter, minute: 5 * index })))).toBe(expected)
})

describe('a breach that goes on is told again each hour', () => {
  const every = (minutes: number, verdicts: string): Look[] =>
    [...verdicts].map((letter, index) => ({ letter, minute: minutes * index }))

  test.each<[string, Look[], string]>([
    ['of hourly looks each one', every(60, 'bbbbb'), '.Bbbb'],
    ['a moment early is in time', every(58, 'bbbb'), '.Bbb'],
    ['of looks every 15 minutes each fourth', every(15, 'bbbbbbbbbb'), '.B...b...b'],
    ['of looks every 5 minutes each twelfth', every(5, 'b'.repeat(15)), '.B...........b.'],
    ['what nobody saw is not told again', every(60, 'bb?b'), '.B.b'],
    ['an end starts the count anew', every(60, 'bbbhbbb'), '.BbR.Bb'],
    ['one breach too few is never told', every(60, 'bhbhb'), '.....'],
  ])('%s', (_, looks, expected) => {
    expect(alertsOf(looks, 60 * MINUTE)).toBe(expected)
  })
})

describe('looks that people ask for beside the schedule', () => {
  const planned = (letter: string, minute: number): Look => ({ letter, minute })
  const asked = (letter: string, minute: number): Look => ({ letter, minute, extra: true })

  test.each<[string, Look[], string]>([
    ['two impatient ones are no second breach', [asked('b', 2), asked('b', 2.1), asked('b', 2.2)], '...'],
    ['nor is one just after the breach', [planned('b', 5), asked('b', 5.2), planned('h', 10)], '...'],
    ['the schedule alone tells it then', [planned('b', 5), asked('b', 5.2), planned('b', 10)], '..B'],
    ['an interval later it counts', [planned('b', 60), asked('b', 90), planned('b', 120)], '.B.'],
    [
      'one just before the schedule is not counted twice',
      [asked('b', 59), planned('b', 60), planned('h', 120)],
      '...',
    ],
    ['nor told twice', [planned('b', 0), asked('b', 59), planned('b', 60)], '.B.'],
    ['a moment of luck is no recovery', [planned('b', 5), planned('b', 10), asked('h', 10.1)], '.B.'],
    [
      'and hides no breach from the schedule',
      [planned('b', 5), asked('h', 5.1), planned('b', 10), planned('h', 15)],
      '..BR',
    ],
    ['blindness is not made by asking', [asked('?', 1), asked('?', 1.1), asked('?', 1.2)], '...'],
    [
      'a row of them, each near the one before, counts as far as it is apart from the first',
      [asked('b', 0), asked('b', 4), asked('b', 8)],
      '..B',
    ],
  ])('%s', (_what, looks, expected) => {
    expect(alertsOf(looks)).toBe(expected)
  })
})

test('a late look and the punctual one right after it are one moment, not two breaches in a row', () => {
  const late = { letter: 'b', minute: 14.9, late: true }
  expect(alertsOf([late, { letter: 'b', minute: 15 }, { letter: 'b', minute: 20 }])).toBe('..B')
})
