import { describe, expect, it, test } from 'vitest'
import { migrationNumber, pendingMigrations } from '../../../src/d1/order/migration-order.js'

test.each([
  ['0002_b.sql', 2],
  ['2_a.sql', 2],
  ['0007', 7],
  ['0003add.sql', 3],
  ['-3_sign.sql', -3],
  ['20260101120000_init/migration.sql', 20260101120000],
  ['no_number.sql', undefined],
  ['', undefined],
])('the number of %s is %s, as Wrangler sorts by it', (name, number) => {
  expect(migrationNumber(name)).toBe(number)
})

describe('pending files', () => {
  it.each([
    [
      'all of an empty ledger, by number',
      [],
      ['0010_c.sql', '0002_b.sql', '1_a.sql'],
      ['1_a.sql', '0002_b.sql', '0010_c.sql'],
    ],
    ['none when all are applied', ['0001_a.sql'], ['0001_a.sql'], []],
    [
      'a gap that was filled later',
      ['0001_a.sql', '0003_c.sql'],
      ['0001_a.sql', '0002_b.sql', '0003_c.sql'],
      ['0002_b.sql'],
    ],
    ['a renamed file, as Wrangler sees it', ['0001_a.sql'], ['0001_A.sql'], ['0001_A.sql']],
  ] satisfies [string, string[], string[], string[]][])('are %s', (_what, applied, present, pending) => {
    expect(
      pendingMigrations(
        present.map((name) => ({ name })),
        applied,
      ).map(({ name }) => name),
    ).toEqual(pending)
  })
})
