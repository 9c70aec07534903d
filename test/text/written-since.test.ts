import { expect, test } from 'vitest'
import type { WrittenSince, WrittenTable } from '../../src/contract/rollback.js'
import { comparedLines } from '../../src/text/written-since.js'

const table = (name: string, difference: number, more: Partial<WrittenTable> = {}): WrittenTable => ({
  ...{ table: name, added: null, changed: null, gone: null, difference },
  ...more,
})
const EXACT = { added: 3, changed: 0, gone: 0 }

test.each<[string, Partial<WrittenSince>, string]>([
  ['no difference', {}, 'every table is as it was, by sums over all of its values'],
  [
    'equal counts whose sums differ',
    { tables: [table('art', 0)] },
    'art: as many rows, and not the same values',
  ],
  [
    'other counts, whose sums tell nothing of the other rows',
    { tables: [table('art', 1), table('log', -2)] },
    'art: 1 row more, and whether the others hold the same values is not known, log: 2 rows fewer, and whether the others hold the same values is not known',
  ],
  ['a table that is on one side only', { tables: [table('theirs', 3, EXACT)] }, 'theirs: 3 rows more'],
  [
    'other columns, of which no sums were taken',
    { tables: [table('art', 0, { otherColumns: true }), table('log', -1, { otherColumns: true })] },
    'art: as many rows and other columns, so its values were not compared, log: 1 row fewer and other columns, so its values were not compared',
  ],
  ['counts alone', { by: 'counts', tables: [table('art', 1)] }, 'art: 1 row more'],
])('read back after a way back: %s', (_, given, expected) => {
  const since: WrittenSince = {
    ...{ since: '2026-03-08T03:08:00.000Z', asOf: '2026-03-08T04:00:00.000Z', by: 'sums' },
    ...{ tables: [], objects: [], ...given },
  }
  expect(comparedLines(since, 'UTC')[0]).toBe(
    `Read back 2026-03-08 04:00 UTC and held against the archive of 2026-03-08 03:08 UTC: ${expected}`,
  )
})
