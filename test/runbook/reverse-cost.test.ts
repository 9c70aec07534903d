import { expect, test } from 'vitest'
import type { Plan } from '../../src/contract/plan.js'
import { failuresOfReverse, lossesSince } from '../../src/runbook/reverse-cost.js'

const finding = (code: string, message: string, table?: string): Plan['findings'][number] => ({
  ...{ code, severity: 'error' as const, migration: '0009_rollback.sql', message, advice: '' },
  ...(table === undefined ? {} : { table }),
})

test('rows that the migration made itself are no loss; those written since are', () => {
  const rows = [
    { table: 'photos', before: 1215, after: null },
    { table: 'tags', before: 40, after: null },
    { table: 'artworks', before: 1200, after: 1200 },
  ]
  const findings = [
    finding('DL102', '1215 rows of photos are lost.', 'photos'),
    finding('DL103', '3 values of artworks.locale are lost.', 'artworks'),
    finding('IX101', 'The index by_locale is gone.', 'artworks'),
  ]
  const planned = [
    { table: 'photos', before: null, after: 1200 },
    { table: 'tags', before: null, after: 40 },
  ]
  expect(lossesSince({ rows, findings }, planned)).toEqual([
    '15 rows written to photos since the migration',
    'As it is now: 3 values of artworks.locale are lost.',
  ])
})

test('a reverse that fails, or leads elsewhere, is none', () => {
  const ok = { findings: [], predictedFingerprint: 'before' }
  expect(failuresOfReverse(ok, 'before')).toEqual([])
  expect(failuresOfReverse(ok, 'another')).toEqual([expect.stringContaining('does not lead back')])
  const findings = [finding('RH101', 'FOREIGN KEY constraint failed'), finding('DL102', 'rows')]
  expect(failuresOfReverse({ ...ok, findings }, 'before')).toEqual(['FOREIGN KEY constraint failed'])
})
