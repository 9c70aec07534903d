import { expect, it } from 'vitest'
import type { Target } from '../../../../src/contract/target.js'
import { demandHours, wayNow } from '../../../../src/d1/backup/export/way.js'

const hours = { from: '02:00', to: '05:00', timeZone: 'UTC' }
const NIGHT = Date.parse('2026-03-01T03:00:00Z')
const DAY = Date.parse('2026-03-01T14:00:00Z')
type Asked = Pick<Target, 'backupWay' | 'backupExportHours'>

it.each<[string, Asked, { virtual?: boolean; urgent?: boolean; now: number }, string, string | undefined]>([
  ['no hours', {}, { now: DAY }, 'export', undefined],
  ['no hours, in no other way', { backupWay: 'export' }, { now: DAY }, 'export', undefined],
  ['within them', { backupExportHours: hours }, { now: NIGHT }, 'export', 'open'],
  ['outside', { backupExportHours: hours }, { now: DAY }, 'rows', 'by-rows'],
  ['outside, said aloud', { backupWay: 'auto', backupExportHours: hours }, { now: DAY }, 'rows', 'by-rows'],
  [
    'outside, in no other way',
    { backupWay: 'export', backupExportHours: hours },
    { now: DAY },
    'export',
    'put-off',
  ],
  [
    'the same, urgent',
    { backupWay: 'export', backupExportHours: hours },
    { now: DAY, urgent: true },
    'rows',
    'by-rows',
  ],
  ['by rows at any time', { backupWay: 'rows', backupExportHours: hours }, { now: DAY }, 'rows', undefined],
  [
    'virtual tables at any time',
    { backupWay: 'export', backupExportHours: hours },
    { now: DAY, virtual: true },
    'rows',
    undefined,
  ],
])('%s', (_what, target, { virtual = false, ...at }, way, state) => {
  const found = wayNow(target, target.backupWay === 'rows' ? 'rows' : 'export', { virtual, ...at })
  expect([found.way, found.exports?.state]).toEqual([way, state])
  if (state === 'open' || state === undefined) expect(found.exports?.opensAt).toBeUndefined()
  else expect(found.exports?.opensAt).toBe('2026-03-02T02:00:00.000Z')
  if (state === 'put-off') expect(() => demandHours(found.exports)).toThrow('from 02:00 to 05:00 (UTC) only')
  else expect(() => demandHours(found.exports)).not.toThrow()
})
