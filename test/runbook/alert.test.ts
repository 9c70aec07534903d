import { expect, test } from 'vitest'
import type { Checkpoint, CheckpointVerdict } from '../../src/contract/monitoring.js'
import { alertFor } from '../../src/runbook/alert.js'

const VERDICTS: Record<string, CheckpointVerdict> = {
  h: 'healthy',
  d: 'degraded',
  b: 'breached',
  '?': 'unknown',
}

/** The alerts told after each checkpoint; `.` for silence. */
function told(letters: string): string {
  const checkpoints: Checkpoint[] = [...letters].map((letter, index) => ({
    number: index + 1,
    plannedAt: '',
    at: '',
    late: false,
    verdict: VERDICTS[letter] ?? 'unknown',
    reasons: [],
    results: [],
  }))
  const thresholds = { consecutiveBreaches: 2, unknownsBeforeAlert: 3 }
  const marks = { breach: 'B', blind: 'U', recovered: 'R' }
  return checkpoints
    .map((_, index) => alertFor({ checkpoints: checkpoints.slice(0, index + 1), thresholds }))
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
  expect(told(verdicts)).toBe(expected)
})
