import { expect, it } from 'vitest'
import { judgeCopy } from '../../../../src/d1/backup/export/live-comparison.js'
import type { TableSums } from '../../../../src/d1/backup/export/aggregates.js'

const sums = (rows: number, text: string): TableSums => ({ rows, sums: text })
const seen = (before: TableSums, copy: TableSums, after: TableSums, way: 'export' | 'rows' = 'export') =>
  judgeCopy(
    { before: new Map([['t', before]]), copy: new Map([['t', copy]]), after: new Map([['t', after]]) },
    way,
  )

it.each([
  ['nobody wrote', sums(3, 'a'), sums(3, 'a'), sums(3, 'a'), []],
  ['rows came before the copy', sums(3, 'a'), sums(5, 'a'), sums(5, 'a'), ['grew']],
  ['rows came after the copy', sums(3, 'a'), sums(3, 'a'), sums(5, 'a'), ['grew']],
  ['rows came and went', sums(3, 'a'), sums(4, 'a'), sums(3, 'a'), ['grew']],
  ['rows were changed', sums(3, 'a'), sums(3, 'b'), sums(3, 'c'), ['changed']],
  ['rows went', sums(5, 'a'), sums(4, 'b'), sums(3, 'c'), ['changed']],
])('accepts a copy, and tells what moved, when %s', (_why, before, copy, after, moved) => {
  const { problems, moved: told } = seen(before, copy, after)
  expect(problems).toEqual([])
  expect(told.map(({ how }) => how)).toEqual(moved)
  expect(told.every((one) => one.before === before.rows && one.after === after.rows)).toBe(true)
})

it.each([
  ['misses a row, and nobody wrote', sums(3, 'a'), sums(2, 'b'), sums(3, 'a')],
  ['has another value, and nobody wrote', sums(3, 'a'), sums(3, 'b'), sums(3, 'a')],
  ['misses a row of before, and rows came', sums(3, 'a'), sums(4, 'b'), sums(5, 'a')],
  ['has fewer rows than there ever were', sums(5, 'a'), sums(2, 'b'), sums(4, 'c')],
  ['has more rows than there ever were', sums(5, 'a'), sums(6, 'b'), sums(4, 'c')],
])('refuses an export that %s', (_why, before, copy, after) => {
  expect(seen(before, copy, after)).toMatchObject({
    problems: [expect.stringContaining('Table t')],
    moved: [],
  })
})

it('accepts of rows read page by page any number where rows were changed, none else', () => {
  expect(seen(sums(5, 'a'), sums(6, 'b'), sums(4, 'c'), 'rows').problems).toEqual([])
  expect(seen(sums(5, 'a'), sums(6, 'b'), sums(7, 'a'), 'rows').problems).toHaveLength(1)
})

it.each(['before', 'copy', 'after'] as const)('refuses a table that is missing %s', (side) => {
  const sides = {
    before: new Map([['t', sums(1, 'a')]]),
    copy: new Map([['t', sums(1, 'a')]]),
    after: new Map([['t', sums(1, 'a')]]),
  }
  sides[side].clear()
  expect(judgeCopy(sides, 'export').problems).toHaveLength(1)
})
