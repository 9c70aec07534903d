import { expect, test } from 'vitest'
import { defined } from '../../src/contract/defined.js'
import { command } from '../../src/contract/next-command.js'
import type { Since, WrittenSince, WrittenTable } from '../../src/contract/rollback.js'
import { lostBy, pricedReverse, rollbackOptions } from '../../src/runbook/rollback-options.js'
import { samplePlan, sampleRun } from './sample-run.js'

const { backup } = sampleRun()

test('each way is named with its price and its command, cheapest first', () => {
  const ways = rollbackOptions({ environment: 'production', plan: samplePlan(), backup })
  expect(ways.map(({ strategy, available }) => [strategy, available])).toEqual([
    ['reverse-migration', true],
    ['time-travel', true],
    ['restore-backup', true],
  ])
  expect(ways.every(({ price }) => price.length > 0)).toBe(true)
  expect(ways[1]?.price[0]).toBe('all rows written since 2026-03-08 03:08 UTC are lost')
  expect(ways[0]?.command).toEqual({
    ...command('rollback', '--strategy', 'reverse-migration'),
    environment: 'production',
  })
})

test('a way that is not there is said to be not there, with the reason', () => {
  const ways = rollbackOptions({ environment: 'local', plan: null, backup: null })
  expect(ways.map(({ available }) => available)).toEqual([false, false, false])
  expect(ways.every(({ price }) => price.length > 0)).toBe(true)
})

test('a backup that was not verified is no way back', () => {
  const ways = rollbackOptions({
    environment: 'x',
    plan: null,
    backup: backup === null ? null : { ...backup, verified: false },
  })
  expect(ways[2]).toMatchObject({ available: false, price: ['the backup was not verified'] })
})

test('a backup whose archive is gone is no way back, and the bookmark is one still', () => {
  const why = '/b/backup-x-2026-03-08-030800.zip is not there.'
  const ways = rollbackOptions({ environment: 'x', plan: samplePlan(), backup, noArchive: why })
  expect(ways[2]).toMatchObject({
    available: false,
    price: ['the archive cannot be used: /b/backup-x-2026-03-08-030800.zip is not there'],
  })
  expect(ways[2]).not.toHaveProperty('act')
  expect(ways[1]?.available).toBe(true)
})

test('a reverse migration that was not rehearsed says so', () => {
  const plan = samplePlan()
  const [way] = rollbackOptions({
    environment: 'x',
    plan: { ...plan, rollback: { ...plan.rollback, rehearsed: false } },
    backup,
  })
  expect(way?.price).toContain('it was not rehearsed on a copy')
})

const rows = (table: string, added: number, changed: number, gone: number): WrittenTable => ({
  ...{ table, added, changed, gone, difference: added - gone },
})

test.each<[string, Partial<WrittenSince> | { unknown: string }, string[]]>([
  ['nothing', {}, ['as of 2026-03-08 04:00 UTC: every row is as the migration leaves it']],
  [
    'rows by table',
    { tables: [rows('orders', 12, 3, 1), rows('log', 1, 0, 0)] },
    ['as of 2026-03-08 04:00 UTC: orders: 12 added and 3 changed and 1 gone, log: 1 added'],
  ],
  [
    'what only the sums tell',
    { by: 'sums', tables: [{ table: 'orders', added: null, changed: null, gone: null, difference: -2 }] },
    ['as of 2026-03-08 04:00 UTC: orders: 2 rows fewer, and which ones others wrote is not known'],
  ],
  [
    'counts',
    { by: 'counts' },
    [
      'as of 2026-03-08 04:00 UTC: every table has as many rows as the migration leaves it with; rows that were changed are not known',
    ],
  ],
  [
    'nothing that may be read',
    { by: 'schema' },
    [
      'as of 2026-03-08 04:00 UTC: how many rows others wrote since is not known, for counting them would read more than backup.maxRowsRead allows',
    ],
  ],
  [
    'objects of others',
    {
      objects: [
        { change: 'added', type: 'index', name: 'theirs', table: 'orders' },
        { change: 'removed', type: 'view', name: 'totals' },
      ],
    },
    [
      'as of 2026-03-08 04:00 UTC: every row is as the migration leaves it',
      'made since, and undone too: index theirs on orders',
      'dropped since, and undone too: view totals',
    ],
  ],
  [
    'what was written while the archive was made',
    { moved: ['orders'] },
    [
      'as of 2026-03-08 04:00 UTC: every row is as the migration leaves it',
      'written to while the archive was made: orders; how much of that is lost is not known',
    ],
  ],
  [
    'what could not be counted',
    { unknown: 'the archive is gone' },
    ['how many rows others wrote since is not known: the archive is gone'],
  ],
])('Time Travel and a restore say what others lose by it: %s', (_, given, lines) => {
  const times = { since: '2026-03-08T03:08:00.000Z', asOf: '2026-03-08T04:00:00.000Z' }
  const writtenSince: Since =
    'unknown' in given ? given : { ...times, by: 'rows', tables: [], objects: [], ...given }
  const ways = rollbackOptions({ environment: 'production', plan: samplePlan(), backup, writtenSince })
  for (const way of ways.slice(1)) {
    expect(way.price.slice(1, -1)).toEqual(lines)
    expect(way.writtenSince).toEqual(writtenSince)
  }
  expect(ways[0]?.writtenSince).toBeUndefined()
})

test('more tables than people read are counted, and all of them are values', () => {
  const tables = Array.from({ length: 11 }, (_, at) => rows(`t${at}`, 1, 0, 0))
  const writtenSince: Since = { since: '', asOf: '2026-03-08T04:00:00Z', by: 'rows', tables, objects: [] }
  const [, travel] = rollbackOptions({ environment: 'x', plan: null, backup, writtenSince })
  expect(travel?.price[1]).toMatch(/t7: 1 added, and 3 more tables$/)
  expect(travel?.writtenSince).toEqual(writtenSince)
})

test.each<[string, Since | undefined, RegExp]>([
  [
    'counted',
    { since: '', asOf: '2026-03-08T04:00:00Z', by: 'rows', tables: [], objects: [] },
    /between that count and the way back is lost too, and was not counted$/,
  ],
  [
    'not affordable',
    { since: '', asOf: '2026-03-08T04:00:00Z', by: 'schema', tables: [], objects: [] },
    /backup\.maxRowsRead allows$/,
  ],
  ['not known', { unknown: 'the archive is gone' }, /not known: the archive is gone$/],
  ['not asked', undefined, /are lost$/],
])('what a way back lost was counted before it was taken: %s', (_, writtenSince, last) => {
  const taken = {
    strategy: 'restore-backup',
    issue: 'x',
    price: [] as string[],
    ...defined({ writtenSince }),
  } as const
  expect(lostBy(taken, backup).at(-1)).toMatch(last)
  expect(lostBy({ ...taken, strategy: 'reverse-migration', price: ['p'] }, backup)).toEqual(['p'])
})

test('a price that was counted says when, wherever it is told', () => {
  const reverse = {
    migration: true,
    price: ['10 values of users.memo go'],
    countedAt: '2026-03-08T17:02:00Z',
  }
  const counted = 'as counted 2026-03-08 17:02 UTC: what was written since is not in this price'
  const [way] = rollbackOptions({ environment: 'production', plan: null, backup, reverse })
  expect(way).toMatchObject({ price: [...reverse.price, counted], countedAt: reverse.countedAt })
  expect(pricedReverse(reverse)).toEqual([...reverse.price, counted])
  // Of what was found free, too: others may have written what is not.
  expect(pricedReverse({ ...reverse, price: [] })).toEqual([expect.stringMatching(/./), counted])
  // Nothing was counted on the database: no moment is named.
  expect(pricedReverse({ price: ['p'] })).toEqual(['p'])
  const [asPlanned] = rollbackOptions({
    environment: 'production',
    plan: null,
    backup,
    reverse: { migration: true, price: ['p'] },
  })
  expect(asPlanned).not.toHaveProperty('countedAt')
})
