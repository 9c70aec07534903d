import { expect, test } from 'vitest'
import type { Checkpoint, MonitoringView } from '../../../src/contract/monitoring.js'
import { looksText, verdictsText } from '../../../src/text/looks.js'
import { countVerdicts, lastLook, seenUntil, verdictCounts } from '../../../src/runbook/monitoring/end.js'

const look = (number: number, minute: number, more: Partial<Checkpoint> = {}): Checkpoint => {
  const at = new Date(Date.UTC(2026, 0, 2, 3, minute)).toISOString()
  return { number, plannedAt: at, at, late: false, verdict: 'healthy', reasons: [], results: [], ...more }
}
const viewOf = (checkpoints: Checkpoint[]): MonitoringView => ({
  ...{ workflowId: 'w', planned: 34, checkpoints, verdicts: countVerdicts(checkpoints) },
})

test('a look that ended after our own way back began is neither a breach nor healthy', () => {
  const seen = viewOf([
    look(1, 5),
    look(2, 10, { verdict: 'breached' }),
    look(3, 15, { verdict: 'breached' }),
  ])
  const told = seenUntil(seen, '2026-01-02T03:12:00.000Z')
  expect(told.checkpoints.map(({ verdict }) => verdict)).toEqual(['healthy', 'breached', 'unknown'])
  expect(told.verdicts).toEqual({ healthy: 1, degraded: 0, breached: 1, unknown: 1 })
  expect(lastLook(told, 'UTC')).toBe(
    'checkpoint 3 is unknown: the migration was being taken back during this look',
  )
})

test('a look on demand is no checkpoint of the schedule', () => {
  const seen = viewOf([look(1, 5), look(1, 7, { extra: true, verdict: 'breached' })])
  expect(verdictCounts(seen)).toBe('1 checkpoint and 1 look on demand: 1 healthy, 1 breached')
  expect(lastLook(seen, 'Europe/Vienna')).toBe('the look on demand of 2026-01-02 04:07 CET is breached')
})

test('a look that ran late counts, and is told as late: also where only counts are known', () => {
  const seen = viewOf([look(1, 5), look(2, 40, { late: true }), look(3, 41, { late: true })])
  expect(verdictCounts(seen)).toBe('3 checkpoints: 3 healthy, 2 of them late')
  const told = { ...viewOf([]), verdicts: seen.verdicts, late: 2, asOf: '2026-01-02T03:45:00.000Z' }
  expect(verdictsText(told)).toBe('3 healthy, 2 of them late')
})

test('counts of looks that are not here stay what was told, and are never 0', () => {
  const told = {
    ...viewOf([]),
    ...{ verdicts: { healthy: 1, degraded: 0, breached: 2, unknown: 0 }, asOf: '2026-01-02T03:15:00.000Z' },
  }
  expect(seenUntil(told, '2026-01-02T03:12:00.000Z')).toEqual(told)
  expect(looksText(told)).toBe('3 of 34 checkpoints as of 2026-01-02 03:15 UTC')
  expect(looksText(viewOf([]))).toBe('0 of 34 checkpoints')
})
