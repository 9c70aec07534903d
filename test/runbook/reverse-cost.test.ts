import { expect, test } from 'vitest'
import type { Plan } from '../../src/contract/plan.js'
import type { LossNow, Since, TableCost, WrittenSince } from '../../src/contract/rollback.js'
import { costOf } from '../../src/contract/rollback-cost.js'
import { costNow, failuresOfReverse, priceSince } from '../../src/runbook/reverse-cost.js'
import { addedRowsGo, columnGoes, costLines, lossNowLines } from '../../src/text/rollback-cost.js'

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
  expect(priceSince([], { rows, findings }, { planned })).toEqual([
    'photos has 15 rows more than the rehearsal left; how many were added, changed or removed since the backup was not counted, and all of that goes with the table',
    'tags has as many rows as the rehearsal left; how many were added, changed or removed since the backup was not counted, and all of that goes with the table',
    '3 values of artworks.locale are lost.',
  ])
})

test('a table that the reverse renames takes its rows along', () => {
  const rows = [{ table: 'users', before: 7, after: 7, renamedFrom: 'people' }]
  const planned = [{ table: 'people', before: 5, after: 5, renamedFrom: 'users' }]
  expect(priceSince([], { rows, findings: [] }, { planned })).toEqual([])
})

test('a reverse that fails, or leads elsewhere, is none', () => {
  const ok = { findings: [], predictedFingerprint: 'before' }
  expect(failuresOfReverse(ok, 'before')).toEqual([])
  expect(failuresOfReverse(ok, 'another')).toEqual([expect.stringContaining('does not lead back')])
  const findings = [finding('RH101', 'FOREIGN KEY constraint failed'), finding('DL102', 'rows')]
  expect(failuresOfReverse({ ...ok, findings }, 'before')).toEqual(['FOREIGN KEY constraint failed'])
})

const written = (table: string, added: number | null, changed: number | null, gone: number | null) => ({
  ...{ table, added, changed, gone },
  difference: added === null || gone === null ? 4 : added - gone,
})
const since = (tables: ReturnType<typeof written>[]): WrittenSince => ({
  ...{ since: '2026-03-08T03:00:00.000Z', asOf: '2026-03-08T03:30:00.000Z', by: 'rows' },
  ...{ tables, objects: [] },
})
const SINCE = since([written('photos', 15, 0, 0)])

const AGAINST = 'held against what the migration makes of the backup, '
const ENDS = '; none of that outlives the table, and whether another one holds any of it is not known'
test.each<[string, Since, string[], Partial<TableCost>]>([
  ['as it was left', since([written('orders', 3, 0, 0)]), [], { rowsLost: 0, valuesLost: 0 }],
  [
    'whose rows changed, and one was replaced',
    since([written('Audit', 2, 2, 1)]),
    [`${AGAINST}Audit: 2 added and 2 changed and 1 gone${ENDS}`],
    { rowsLost: 2, valuesLost: null },
  ],
  [
    'with as many rows that are others',
    since([written('audit', 3, 5, 3)]),
    [`${AGAINST}audit: 3 added and 5 changed and 3 gone${ENDS}`],
    { rowsLost: 3, valuesLost: null },
  ],
  [
    'of which a row is gone only',
    since([written('audit', 0, 0, 1)]),
    [`${AGAINST}audit: 1 gone${ENDS}`],
    { rowsLost: 0, valuesLost: 0 },
  ],
  [
    'without a key',
    since([written('audit', 1, null, 1)]),
    [`${AGAINST}audit: 1 added and 1 gone, of which one of each may be a row that changed${ENDS}`],
    { rowsLost: null, valuesLost: null },
  ],
  [
    'into which the migration writes the time',
    since([written('audit', null, null, null)]),
    [`${AGAINST}audit: 4 rows more, and which ones others wrote is not known${ENDS}`],
    { rowsLost: null, valuesLost: null },
  ],
  [
    'that was not compared',
    { unknown: 'the archive is gone' },
    [
      'audit has as many rows as the rehearsal left; how many were added, changed or removed since the backup was not counted, and all of that goes with the table',
    ],
    { rowsLost: null, valuesLost: null },
  ],
  [
    'of which only sums are known',
    { ...since([]), by: 'sums' },
    [expect.stringContaining('was not counted') as string],
    { rowsLost: null, valuesLost: null },
  ],
])('a table that goes, %s', (_, counted, told, { rowsLost, valuesLost }) => {
  const rows = [{ table: 'audit', before: 50, after: null }]
  const made = { planned: [{ table: 'audit', before: null, after: 50 }], since: counted }
  expect(priceSince([], { rows, findings: [] }, made)).toEqual(told)
  const sums = costNow(costOf([]), { rows, findings: [] }, made)
  expect(sums).toMatchObject({ rowsLost, valuesLost })
  // A row that was renamed or only stays is no loss, whatever others wrote there.
  const stays = { rows: [{ table: 'audit', before: 50, after: 50 }], findings: [] }
  expect(priceSince([], stays, made)).toEqual([])
})

const cost = (
  table: string,
  rowsLost: number | null,
  values: Record<string, number> = {},
  rowsLeft = 0,
): TableCost => ({
  ...{ table, rowsLost, rowsLeft },
  valuesLost: Object.values(values).reduce((sum, one) => sum + one, 0),
  columns: Object.entries(values).map(([column, count]) => ({ column, values: count })),
})

test('the numbers are those of the sentences, by table and in all', () => {
  const rows = [
    { table: 'photos', before: 1215, after: null },
    { table: 'tags', before: 40, after: null },
  ]
  const lost = { ...finding('DL103', '3 values of artworks.locale are lost.', 'artworks'), column: 'locale' }
  const planned = [
    { table: 'photos', before: null, after: 1200 },
    { table: 'tags', before: null, after: 40 },
  ]
  const before = costOf([cost('artworks', 2, { locale: 1, name: 4 })])
  expect(costNow(before, { rows, findings: [{ ...lost, count: 3 }] }, { planned, since: SINCE })).toEqual({
    ...{ rowsLost: 17, valuesLost: 8 },
    tables: [cost('artworks', 2, { locale: 4, name: 4 }), cost('photos', 15)],
  })
  // A loss that nobody counted makes the sum unknown, not smaller.
  expect(costNow(before, { rows, findings: [lost] }, { planned, since: SINCE })).toMatchObject({
    rowsLost: 17,
    valuesLost: null,
  })
  expect(costNow(undefined, { rows, findings: [] }, { planned })).toBeUndefined()
})

test('one place writes the numbers out', () => {
  const lines = costLines(costOf([cost('t', 1, { v: 2 }, 3), cost('same', 0)]))
  expect(lines).toEqual([
    '1 row of t stays lost.',
    '3 rows that the migration made in t stay.',
    '2 values of t.v do not come back.',
  ])
})

test.each(['no-value', 'stays'] as const)(
  'a loss since a backup (%s) names its time for people, in the zone',
  (kind) => {
    const loss: LossNow = { kind, table: 'notes', column: 'rank', rows: 2, samples: [] }
    const archivedAt = '2026-03-08T18:05:00.000Z'
    const told = (timeZone?: string): string => lossNowLines([loss], { archivedAt, timeZone }).join('')
    expect(told('America/New_York')).toContain('since the backup of 2026-03-08 14:05 EDT')
    expect(told()).toContain('since the backup of 2026-03-08 18:05 UTC')
  },
)

test.each<[string, string[], Plan['findings'], string[]]>([
  [
    'values of a column that goes, counted',
    [columnGoes('authors', 'last')],
    [{ ...finding('DL103', '201 values of authors.last go with the column', 'authors'), column: 'last' }],
    ['201 values of authors.last go with the column'],
  ],
  [
    'rows that the migration added',
    [addedRowsGo('stock', 1)],
    [{ ...finding('DL102', '1 row of stock is lost', 'stock'), count: 1 }],
    [addedRowsGo('stock', 1)],
  ],
  [
    'more rows than those: another loss',
    [addedRowsGo('stock', 1)],
    [{ ...finding('DL102', '3 rows of stock are lost', 'stock'), count: 3 }],
    [addedRowsGo('stock', 1), '3 rows of stock are lost'],
  ],
  [
    'another column: another loss',
    [columnGoes('authors', 'first')],
    [{ ...finding('DL103', '2 values of authors.last go with the column', 'authors'), column: 'last' }],
    [columnGoes('authors', 'first'), '2 values of authors.last go with the column'],
  ],
  ['a column without a value by now', [columnGoes('authors', 'last')], [], [columnGoes('authors', 'last')]],
])('a loss is told once: %s', (_, price, findings, told) => {
  expect(priceSince(price, { rows: [], findings }, { planned: [] })).toEqual(told)
})
